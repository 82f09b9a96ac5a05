import { type CrmRecord, text } from '../../api/hooks.ts';
import { asMoney, type Money } from '../../lib/money.ts';
import type { Stage } from '../../records/stages.ts';

/** A stage with its deals in the order of the board, and what they come to. */
export interface Column {
  readonly stage: Stage;
  readonly deals: readonly CrmRecord[];
  readonly totals: Totals;
  /** The same deals in the order they came in: tells an untouched column without sorting it. */
  readonly members: readonly CrmRecord[];
}

/** What deals come to, as far as their amounts are shared with this person. */
export interface Totals {
  readonly count: number;
  /** One sum for each currency, the company's own first, then the largest; money is never converted here. */
  readonly sums: readonly Money[];
  /** The same, each amount times its probability. */
  readonly weighted: readonly Money[];
  /** How many amounts are not shared, and therefore in no sum. */
  readonly masked: number;
}

/**
 * Sorts deals into the columns of their stages. A column that has the very
 * deals it had before is given back as it was, so that it is not painted again.
 */
export function columnsOf(
  deals: readonly CrmRecord[],
  stages: readonly Stage[],
  currency: string,
  before: readonly Column[] = [],
): Column[] {
  const byStage = new Map<string, CrmRecord[]>(stages.map((stage) => [stage.id, []]));
  for (const deal of deals) byStage.get(text(deal, 'stageId'))?.push(deal);
  return stages.map((stage) => {
    const members = byStage.get(stage.id) ?? [];
    const old = before.find((column) => column.stage.id === stage.id);
    if (old && old.stage === stage && sameItems(old.members, members)) return old;
    return { stage, members, deals: members.toSorted(byOrder), totals: totalsOf(members, stage, currency) };
  });
}

// A new deal stands at the end until the server has given it a place there.
const atTheEnd = '\uffff';

/** Board order: by the key the server gives, by age where two are equal. Keys compare by code unit, as on the server. */
function byOrder(a: CrmRecord, b: CrmRecord): number {
  const left = text(a, 'order') || atTheEnd;
  const right = text(b, 'order') || atTheEnd;
  if (left !== right) return left < right ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

/** Sums the deals of a stage by currency. */
export function totalsOf(deals: readonly CrmRecord[], stage: Stage, currency: string): Totals {
  const sums = new Map<string, number>();
  const weighted = new Map<string, number>();
  let masked = 0;
  for (const deal of deals) {
    if (deal.masked.includes('money')) masked++;
    const money = asMoney(deal.fields['amount']);
    if (!money) continue;
    add(sums, money);
    add(weighted, { ...money, amount: (money.amount * probabilityOf(deal, stage)) / 100 });
  }
  return { count: deals.length, sums: inOrder(sums, currency), weighted: inOrder(weighted, currency), masked };
}

/** Adds the totals of columns; what is lost is counted, but is in no sum. */
export function boardTotals(columns: readonly Column[], currency: string): Totals {
  const sums = new Map<string, number>();
  const weighted = new Map<string, number>();
  let count = 0;
  let masked = 0;
  for (const { stage, totals } of columns) {
    count += totals.count;
    masked += totals.masked;
    if (stage.kind === 'lost') continue;
    for (const sum of totals.sums) add(sums, sum);
    for (const sum of totals.weighted) add(weighted, sum);
  }
  return { count, sums: inOrder(sums, currency), weighted: inOrder(weighted, currency), masked };
}

function add(sums: Map<string, number>, { currency, amount }: Money): void {
  sums.set(currency, (sums.get(currency) ?? 0) + amount);
}

/** A column's part of the board's sum in the company's currency, 0 to 100. */
export function shareOf(column: Totals, board: Totals, currency: string): number {
  const inCurrency = (totals: Totals) => totals.sums.find((sum) => sum.currency === currency)?.amount ?? 0;
  const whole = inCurrency(board);
  return whole > 0 ? Math.max(0, Math.min(100, (inCurrency(column) / whole) * 100)) : 0;
}

/** A deal's own probability, else its stage's, in percent. */
function probabilityOf(deal: CrmRecord, stage: Stage): number {
  const own = deal.fields['probability'];
  return typeof own === 'number' ? own : stage.probability;
}

function inOrder(sums: ReadonlyMap<string, number>, own: string): Money[] {
  return [...sums]
    .map(([currency, amount]) => ({ currency, amount: Math.round(amount) }))
    .sort((a, b) => Number(b.currency === own) - Number(a.currency === own) || b.amount - a.amount);
}

function sameItems(a: readonly CrmRecord[], b: readonly CrmRecord[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/** Deals whose title, customer, owner and next step together hold all the words typed; '' lets all through. */
export function filterDeals(deals: readonly CrmRecord[], typed: string, nameOf: (id: string) => string): readonly CrmRecord[] {
  const words = fold(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return deals;
  return deals.filter((deal) => {
    const shown = fold(
      [text(deal, 'title'), nameOf(text(deal, 'customerId')), nameOf(text(deal, 'ownerId')), text(deal, 'nextStep')].join(' '),
    );
    return words.every((word) => shown.includes(word));
  });
}

/** Small letters without accents, so that "ivan" finds "Iván". */
export function fold(typed: string): string {
  return typed
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase();
}
