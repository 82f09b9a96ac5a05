import { readAmount } from '../../lib/amount.ts';
import type { Money } from '../../lib/money.ts';
import { fold } from './columns.ts';
import { readDay } from './dayWords.ts';

/** Somebody whom a line may name. */
export interface Nameable {
  readonly id: string;
  readonly name: string;
}

/** What a line like "Acme 12k Anna tomorrow" says. */
export interface QuickDeal {
  readonly title: string;
  readonly customer?: Nameable;
  readonly amount?: Money;
  readonly owner?: Nameable;
  /** Day of the next step, YYYY-MM-DD. */
  readonly nextStepOn?: string;
}

/** What a line is read against: the words of the reader, and the names he may mean. */
export interface QuickAddContext {
  readonly locale: string;
  readonly currency: string;
  /** The reader's day, YYYY-MM-DD. */
  readonly today: string;
  readonly people: readonly Nameable[];
  readonly customers: readonly Nameable[];
}

interface Reading {
  readonly rest: readonly string[];
  readonly amount?: Money;
  readonly owner?: Nameable;
  readonly nextStepOn?: string;
}

/**
 * Reads a quick-add line. Amount, person and day are looked for from the end,
 * in any order, and each is taken once; what is left is the name. So a number
 * or a first name within the name stays there: "Anna's shop 24 2k".
 */
export function readQuickAdd(line: string, context: QuickAddContext): QuickDeal {
  let reading: Reading = { rest: line.trim().split(/\s+/).filter(Boolean) };
  for (;;) {
    const further = takeDay(reading, context) ?? takeOwner(reading, context) ?? takeAmount(reading, context);
    if (!further) break;
    reading = further;
  }
  const { rest, ...found } = reading;
  const title = rest.join(' ');
  const customer = context.customers.find(({ name }) => fold(name) === fold(title));
  return { title, ...found, ...(customer && { customer }) };
}

function takeDay(reading: Reading, { today, locale }: QuickAddContext): Reading | undefined {
  if (reading.nextStepOn) return undefined;
  for (const words of [3, 2, 1]) {
    const day = enough(reading, words) && readDay(fold(reading.rest.slice(-words).join(' ')), today, locale);
    if (day) return { ...reading, rest: reading.rest.slice(0, -words), nextStepOn: day };
  }
  return undefined;
}

function takeOwner(reading: Reading, { people }: QuickAddContext): Reading | undefined {
  if (reading.owner) return undefined;
  for (const words of [3, 2, 1]) {
    if (!enough(reading, words)) continue;
    const owner = personNamed(reading.rest.slice(-words).join(' ').replace(/^@/, ''), people);
    if (owner) return { ...reading, rest: reading.rest.slice(0, -words), owner };
  }
  return undefined;
}

/** The person of this full name, or the only one with this first name. */
function personNamed(typed: string, people: readonly Nameable[]): Nameable | undefined {
  const wanted = fold(typed);
  const exact = people.filter(({ name }) => fold(name) === wanted);
  const first = people.filter(({ name }) => fold(name).split(' ')[0] === wanted);
  if (exact.length === 1) return exact[0];
  return exact.length === 0 && first.length === 1 ? first[0] : undefined;
}

function takeAmount(reading: Reading, context: QuickAddContext): Reading | undefined {
  if (reading.amount) return undefined;
  // "12 500 €" are up to four words: groups of digits, and a currency on either side.
  for (const words of [4, 3, 2, 1]) {
    const amount = enough(reading, words) && readAmount(reading.rest.slice(-words).join(' '), context);
    if (amount) return { ...reading, rest: reading.rest.slice(0, -words), amount };
  }
  return undefined;
}

/** A deal needs a name, so the first word is never taken. */
function enough(reading: Reading, words: number): boolean {
  return reading.rest.length > words;
}
