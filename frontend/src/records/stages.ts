import { type CrmRecord, text } from '../api/hooks.ts';

/** Whether deals in a stage still run, or how they ended. */
export type StageKind = 'open' | 'won' | 'lost';

/** A step of a pipeline. */
export interface Stage {
  readonly id: string;
  readonly name: string;
  readonly kind: StageKind;
  /** Percent, 0 to 100. */
  readonly probability: number;
  /** Days after which a deal without news counts as idle; 0: never. */
  readonly idleDays: number;
  /** Keys of fields that a deal must have to stand here. */
  readonly requires: readonly string[];
  /** Ids of the stages a deal may be moved here from; empty: from anywhere. */
  readonly from: readonly string[];
  /** The reason for both in the words of the company. */
  readonly why: string;
}

/** The stages of a pipeline in their order. */
export function stagesOf(pipeline: CrmRecord | undefined): Stage[] {
  const stages = pipeline?.fields['stages'];
  return Array.isArray(stages) ? stages.map(toStage) : [];
}

/** The reasons for losing a deal that people may choose from. */
export function lostReasonsOf(pipeline: CrmRecord | undefined): string[] {
  const reasons = pipeline?.fields['lostReasons'];
  return Array.isArray(reasons) ? reasons.map(String) : [];
}

function toStage(value: unknown): Stage {
  const raw = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const string = (key: string) => (typeof raw[key] === 'string' ? raw[key] : '');
  const number = (key: string) => (typeof raw[key] === 'number' ? raw[key] : 0);
  const texts = (key: string) => (Array.isArray(raw[key]) ? raw[key].map(String) : []);
  const kind = string('kind');
  return {
    id: string('id'),
    name: string('name'),
    kind: kind === 'won' || kind === 'lost' ? kind : 'open',
    probability: number('probability'),
    idleDays: number('idleDays'),
    requires: texts('requires'),
    from: texts('from'),
    why: string('why'),
  };
}

/**
 * The fields a stage asks for that a deal lacks. Not asked for is what is masked, where only the server can tell, and
 * what has no group because it lies in the trash.
 */
export function missingAt(stage: Stage, deal: CrmRecord, groupOf: (key: string) => string): string[] {
  return stage.requires.filter((key) => groupOf(key) !== '' && !(key in deal.fields) && !deal.masked.includes(groupOf(key)));
}

/** Whether a deal may be moved into a stage of a pipeline; one of another pipeline stands in none of the stages named. */
export function admits(stage: Stage, pipelineId: string, deal: CrmRecord): boolean {
  return stage.from.length === 0 || (text(deal, 'pipelineId') === pipelineId && stage.from.includes(text(deal, 'stageId')));
}

/** Whether a deal's outcome is open. */
export function isOpen(deal: CrmRecord, stages: readonly Stage[]): boolean {
  return stages.find((stage) => stage.id === text(deal, 'stageId'))?.kind === 'open';
}
