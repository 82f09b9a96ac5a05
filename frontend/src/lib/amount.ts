import { type Money, plainNumber, toMinor } from './money.ts';

const signs: Readonly<Record<string, string>> = {
  '€': 'EUR',
  $: 'USD',
  '£': 'GBP',
  '¥': 'JPY',
  '₽': 'RUB',
  nt$: 'TWD',
  元: 'TWD',
  eur: 'EUR',
  usd: 'USD',
  gbp: 'GBP',
  rub: 'RUB',
  руб: 'RUB',
  'руб.': 'RUB',
  евро: 'EUR',
  euro: 'EUR',
  euros: 'EUR',
  twd: 'TWD',
  jpy: 'JPY',
  cny: 'CNY',
  chf: 'CHF',
  pln: 'PLN',
  mxn: 'MXN',
};

/** Powers of ten behind a number, in the four languages. */
const scales: Readonly<Record<string, number>> = {
  k: 3,
  к: 3,
  тыс: 3,
  'тыс.': 3,
  mil: 3,
  千: 3,
  萬: 4,
  万: 4,
  m: 6,
  м: 6,
  млн: 6,
  'млн.': 6,
  mio: 6,
};

const amountPattern =
  /^(nt\$|[€$£¥₽]|[a-z]{3})?\s*(\d[\d\s.,'’]*)\s*(тыс\.?|млн\.?|mil|mio|[kкmм千萬万])?\s*(nt\$|[€$£¥₽元]|руб\.?|евро|euros?|[a-z]{3})?$/u;

/** How the reader writes numbers, and the currency of an amount that names none. */
export interface AmountContext {
  readonly locale: string;
  readonly currency: string;
}

/** "12k", "€12.5k", "12 500 €", "1,5 млн", "3萬"; undefined when it is no amount. */
export function readAmount(typed: string, { locale, currency }: AmountContext): Money | undefined {
  const match = amountPattern.exec(typed.toLowerCase().trim());
  if (!match) return undefined;
  const [, before, number = '', scale, after] = match;
  const named = currencyNamed(before ?? after, currency);
  if (!named || (before && after)) return undefined;
  const plain = plainNumber(number, locale);
  const amount = plain === undefined ? undefined : toMinor(timesTen(plain, scales[scale ?? ''] ?? 0), named);
  return amount === undefined ? undefined : { amount, currency: named };
}

/** The same for an input of its own, where a minus is a minus and no dash between words. */
export function readSignedAmount(typed: string, context: AmountContext): Money | undefined {
  const minus = /^\s*[-\u2212]\s*/u.exec(typed)?.[0] ?? '';
  const money = readAmount(typed.slice(minus.length), context);
  return money && minus && money.amount !== 0 ? { ...money, amount: -money.amount } : money;
}

/** "$" is the dollar, or peso, that is at home here. */
function currencyNamed(sign: string | undefined, home: string): string | undefined {
  if (sign === undefined || sign === home.toLowerCase() || sign === signOf(home)) return home;
  return signs[sign];
}

function signOf(currency: string): string | undefined {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
    return format.formatToParts(0).find(({ type }) => type === 'currency')?.value;
  } catch {
    return undefined; // not a currency this browser knows
  }
}

/** Moves the point of a plain decimal number to the right. */
function timesTen(plain: string, places: number): string {
  const [whole = '', part = ''] = plain.split('.');
  const padded = part.padEnd(places, '0');
  const rest = padded.slice(places);
  return whole + padded.slice(0, places) + (rest ? `.${rest}` : '');
}
