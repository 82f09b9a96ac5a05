import type { PipelineValues, StageValues } from './pipelineValues.ts';
import type { MergedDraft } from './useMergedDraft.ts';
import type { usePipelineSave } from './usePipelineSave.ts';

/** What all parts of the editor get. */
export interface PartProps {
  readonly values: PipelineValues;
  change(edit: (values: PipelineValues) => PipelineValues): void;
  readonly clashes: MergedDraft<PipelineValues>['clashes'];
  readonly decide: MergedDraft<PipelineValues>['decide'];
  readonly problems: ReturnType<typeof usePipelineSave>['problems'];
  /** Who saved the pipeline last. */
  readonly by: string;
}

/** What is shown of one stage gets, besides. */
export interface StageCardProps extends PartProps {
  readonly stage: StageValues;
  /** From 0. */
  readonly place: number;
  readonly open: boolean;
  onToggle(): void;
  /** To another place; the focus then goes to the control of that name. */
  onPut(place: number, control: string): void;
  onRemove(): void;
}
