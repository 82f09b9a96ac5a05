import { type CrmRecord, text } from '../../api/hooks.ts';
import { lostReasonsOf, type Stage, type StageKind, stagesOf } from '../../records/stages.ts';

/** A stage as it is written in the editor: a number that has been emptied is ''. */
export interface StageValues extends Omit<Stage, 'probability' | 'idleDays'> {
  readonly probability: number | '';
  /** '' is never. */
  readonly idleDays: number | '';
}

/** All that the editor changes of a pipeline. */
export interface PipelineValues {
  readonly name: string;
  readonly departmentId: string;
  readonly stages: readonly StageValues[];
  readonly lostReasons: readonly string[];
}

/** Under this name drafts of pipelines are kept; the number rises with their shape, so that none of an older app is read. */
export const pipelineDraft = 'pipeline/1';

/** What the editor begins with for a pipeline that exists. */
export function valuesOf(pipeline: CrmRecord): PipelineValues {
  return {
    name: text(pipeline, 'name'),
    departmentId: text(pipeline, 'departmentId'),
    stages: stagesOf(pipeline).map((stage) => ({ ...stage, idleDays: stage.idleDays || ('' as const) })),
    lostReasons: lostReasonsOf(pipeline),
  };
}

/** The values as they are saved: without space around words, and without reasons that say nothing or say it twice. */
export function cleaned(values: PipelineValues): PipelineValues {
  return {
    ...values,
    name: values.name.trim(),
    stages: values.stages.map((stage) => ({ ...stage, name: stage.name.trim(), why: stage.why.trim() })),
    lostReasons: [...new Set(values.lostReasons.map((reason) => reason.trim()).filter(Boolean))],
  };
}

/** Arguments of the command pipeline.save; version 0 makes a new one. */
export function saveArgs(id: string, version: number, values: PipelineValues): Record<string, unknown> {
  return {
    id,
    basedOn: version,
    name: values.name,
    departmentId: values.departmentId,
    stages: values.stages.map((stage) => ({ ...stage, probability: stage.probability || 0, idleDays: stage.idleDays || 0 })),
    lostReasons: values.lostReasons,
  };
}

/** A stage that asks for nothing and can be entered from anywhere; probability in percent, '' is 0. */
export function newStage(id: string, name: string, kind: StageKind, probability: number | ''): StageValues {
  return { id, name, kind, probability, idleDays: '', requires: [], from: [], why: '' };
}

/** The values with one stage changed. Won and lost stages have no numbers of their own: those are fixed. */
export function withStage(values: PipelineValues, id: string, change: Partial<StageValues>): PipelineValues {
  return {
    ...values,
    stages: values.stages.map((stage) => (stage.id === id ? kept({ ...stage, ...change }) : stage)),
  };
}

function kept(stage: StageValues): StageValues {
  if (stage.kind === 'open') return stage;
  return { ...stage, probability: stage.kind === 'won' ? 100 : 0, idleDays: '' };
}

/** The values with a new stage behind the last open one, which is where most are wanted. */
export function withNewStage(values: PipelineValues, stage: StageValues): PipelineValues {
  const at = values.stages.findLastIndex(({ kind }) => kind === 'open') + 1;
  return { ...values, stages: values.stages.toSpliced(at, 0, stage) };
}

/**
 * The values without a stage. It goes from the lists of the stages that were
 * entered from it, too – but not as the last one of a list: an empty list would
 * let everything in, and that is for the person to say.
 */
export function withoutStage(values: PipelineValues, id: string): PipelineValues {
  const stages = values.stages.filter((stage) => stage.id !== id);
  const pruned = stages.map((stage) => {
    const from = stage.from.filter((other) => other !== id);
    return from.length > 0 ? { ...stage, from } : stage;
  });
  return { ...values, stages: pruned };
}

/** Ids in the list of a stage that are no stages any more. */
export function goneFrom(values: PipelineValues, stage: StageValues): string[] {
  return stage.from.filter((id) => !values.stages.some((other) => other.id === id));
}

/** The values with a stage at another place, from 0. */
export function withStageAt(values: PipelineValues, id: string, place: number): PipelineValues {
  const stage = values.stages.find((each) => each.id === id);
  if (!stage) return values;
  const others = values.stages.filter((each) => each.id !== id);
  return { ...values, stages: others.toSpliced(Math.max(0, Math.min(others.length, place)), 0, stage) };
}

/** The values with stages back that were taken away, where they were, and in the lists they were in. */
export function withStagesBack(values: PipelineValues, before: PipelineValues, ids: readonly string[]): PipelineValues {
  let stages = values.stages;
  for (const [at, stage] of before.stages.entries()) {
    if (ids.includes(stage.id) && !stages.some(({ id }) => id === stage.id)) stages = stages.toSpliced(at, 0, stage);
  }
  const fromBefore = new Map(before.stages.map((stage) => [stage.id, stage.from]));
  return {
    ...values,
    stages: stages.map((stage) => {
      const back = (fromBefore.get(stage.id) ?? []).filter((id) => ids.includes(id) && !stage.from.includes(id));
      return back.length > 0 ? { ...stage, from: [...stage.from, ...back] } : stage;
    }),
  };
}
