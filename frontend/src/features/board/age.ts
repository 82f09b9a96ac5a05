import { type CrmRecord, text } from '../../api/hooks.ts';
import { daysBetween } from '../../lib/dates.ts';
import type { Stage } from '../../records/stages.ts';

const dayMs = 86_400_000;

/** How long a deal has been where it is, and whether that is a worry. */
export interface Age {
  /** Full days in the stage. */
  readonly days: number;
  /** How much of the stage's patience is used, 0 to 100; 0 in a stage without a limit. */
  readonly ring: number;
  readonly mark: IdleMark | undefined;
}

/** overdue: the day of the next step is over. idle: longer here than the stage allows. unplanned: no next step. */
export interface IdleMark {
  readonly kind: 'overdue' | 'idle' | 'unplanned';
  readonly days: number;
}

/** `today` is the reader's day, YYYY-MM-DD. */
export function ageOf(deal: CrmRecord, stage: Stage, now: number, today: string): Age {
  const since = Date.parse(text(deal, 'stageSince') || text(deal, 'createdAt'));
  const days = Number.isNaN(since) ? 0 : Math.max(0, Math.floor((now - since) / dayMs));
  const ring = stage.idleDays > 0 ? Math.min(100, Math.round((days / stage.idleDays) * 100)) : 0;
  // A deal that is won or lost waits for nobody.
  return { days, ring, mark: stage.kind === 'open' ? markOf(deal, stage, days, today) : undefined };
}

function markOf(deal: CrmRecord, stage: Stage, days: number, today: string): IdleMark | undefined {
  const due = text(deal, 'nextStepOn');
  if (due && due < today) return { kind: 'overdue', days: daysBetween(due, today) };
  // A day still to come is a plan, however long the deal has been here.
  if (due || stage.idleDays === 0 || days < stage.idleDays) return undefined;
  return { kind: text(deal, 'nextStep') ? 'idle' : 'unplanned', days };
}
