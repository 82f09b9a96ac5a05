import { type CrmRecord, type Fields, text } from '../../api/hooks.ts';
import { missingAt, type Stage } from '../../records/stages.ts';
import type { Column } from './columns.ts';
import type { Place } from './keys.ts';
import { placeBetween } from './order.ts';

/** Where a card is to go: its stage and its neighbours there. Without neighbours the server puts it at the end. */
export interface Target {
  readonly stageId: string;
  /** The card that will stand above. */
  readonly afterId?: string;
  /** The card that will stand below. */
  readonly beforeId?: string;
}

/** What a stage wants to know with a move. */
export interface MoveAnswers {
  readonly lostReason?: string;
  readonly values?: Fields;
}

/** What a dragged card is over. */
export interface Over {
  readonly stageId: string;
  readonly cardId?: string;
  readonly edge?: 'top' | 'bottom';
}

/** Where a drop puts a card; undefined where it would stay in its place. */
export function dropTarget(columns: readonly Column[], draggedId: string, over: Over): Target | undefined {
  const column = columns.find(({ stage }) => stage.id === over.stageId);
  if (!column) return undefined;
  const others = column.deals.filter((deal) => deal.id !== draggedId);
  const at = others.findIndex((deal) => deal.id === over.cardId);
  // Below the last card, or on the column itself, means the end.
  const index = at < 0 ? others.length : over.edge === 'bottom' ? at + 1 : at;
  if (column.deals.findIndex((deal) => deal.id === draggedId) === index) return undefined;
  return targetAt(column.stage.id, others, index);
}

/** The target for a place of the board, counted without the card itself. */
export function placeTarget(columns: readonly Column[], draggedId: string, place: Place): Target | undefined {
  const column = columns[place.column];
  if (!column) return undefined;
  return targetAt(
    column.stage.id,
    column.deals.filter((deal) => deal.id !== draggedId),
    place.row,
  );
}

function targetAt(stageId: string, others: readonly CrmRecord[], index: number): Target {
  const above = others[index - 1];
  const below = others[index];
  return { stageId, ...(above && { afterId: above.id }), ...(below && { beforeId: below.id }) };
}

/** The end of a stage, which is where a move without a place leads. */
export function endOf(columns: readonly Column[], stageId: string): Target {
  const last = columns.find(({ stage }) => stage.id === stageId)?.deals.at(-1);
  return { stageId, ...(last && { afterId: last.id }) };
}

/** The place of a card on the board. */
export function placeOf(columns: readonly Column[], dealId: string): Place | undefined {
  for (const [column, { deals }] of columns.entries()) {
    const row = deals.findIndex((deal) => deal.id === dealId);
    if (row >= 0) return { column, row };
  }
  return undefined;
}

/** Whether a stage asks for something that a deal does not bring along. */
export function asksFor(
  stage: Stage,
  deal: CrmRecord,
  groupOf: (key: string) => string,
): { lostReason: boolean; fields: string[] } {
  const arrives = text(deal, 'stageId') !== stage.id;
  return { lostReason: arrives && stage.kind === 'lost', fields: arrives ? missingAt(stage, deal, groupOf) : [] };
}

/** Arguments of the command deal.move. */
export function moveArgs(deal: CrmRecord, target: Target, answers: MoveAnswers, basedOn = deal.version): Record<string, unknown> {
  const { values, lostReason } = answers;
  return { id: deal.id, basedOn, ...target, ...(lostReason && { lostReason }), ...(values && { values }) };
}

/** The deal as it looks once it has moved. */
export function moved(
  deal: CrmRecord,
  target: Target,
  answers: MoveAnswers,
  orderOf: (id: string) => string,
  now: number,
): CrmRecord {
  const above = target.afterId ? orderOf(target.afterId) : '';
  const below = target.beforeId ? orderOf(target.beforeId) : '';
  const fields: Record<string, unknown> = {
    ...deal.fields,
    ...answers.values,
    ...(answers.lostReason && { lostReason: answers.lostReason }),
    stageId: target.stageId,
    order: placeBetween(above, below),
  };
  if (target.stageId !== text(deal, 'stageId')) fields['stageSince'] = new Date(now).toISOString();
  return { ...deal, fields };
}
