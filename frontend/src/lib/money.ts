import { digitsOf } from './minorDigits.ts';

/** An amount in minor units (cents) of an ISO 4217 currency. */
export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** Whether a value of a field is an amount; its currency is not looked at. */
export function isMoney(value: unknown): value is Money {
  return (
    typeof value === 'object' && value !== null && 'amount' in value && 'currency' in value && typeof value.amount === 'number'
  );
}

/** How many digits of a currency are behind the separator: 2 for EUR, 0 for JPY, 3 for KWD; as the server counts, not the browser. */
export function minorDigits(currency: string): number {
  return digitsOf.get(currency) ?? 2;
}

/**
 * The amount in words of the locale. The ISO code stands where the sign would
 * be ambiguous: TWD, USD and MXN all print as "$" at home.
 */
export function formatMoney({ amount, currency }: Money, locale: string, options: { whole?: boolean } = {}): string {
  const digits = minorDigits(currency);
  const value = amount / 10 ** digits;
  const fraction = options.whole || Number.isInteger(value) ? 0 : digits;
  try {
    return new Intl.NumberFormat(locale, {
      style: 'currency',
      currency,
      currencyDisplay: ambiguous.has(currency) ? 'code' : 'symbol',
      minimumFractionDigits: fraction,
      maximumFractionDigits: fraction,
    }).format(value);
  } catch {
    return `${value} ${currency}`; // a code that is none
  }
}

const ambiguous = new Set(['TWD', 'USD', 'MXN', 'ARS', 'CLP', 'COP', 'CAD', 'AUD', 'HKD', 'SGD', 'NZD', 'JPY', 'CNY']);

/** The value as money, or undefined when it is something else. */
export function asMoney(value: unknown): Money | undefined {
  return isMoney(value) ? value : undefined;
}

/**
 * A number as people type it, with "." before its fraction and nothing between
 * its thousands; undefined when it is none. A sign that could mean both is read
 * as the locale does: "12.500" is twelve thousand in Spanish.
 */
export function plainNumber(typed: string, locale: string): string | undefined {
  const written = typed.trim().replace(/^\u2212/u, '-');
  // Groups of digits that no thousands have ("24 2") are two numbers.
  if (/\d\s\d/u.test(written) && !/^-?\d{1,3}(\s\d{3})+([.,]\d*)?$/u.test(written)) return undefined;
  const plain = written.replace(/[\s'’]/gu, '').replace(/[.,]$/u, '');
  if (!/^-?\d[\d.,]*$/u.test(plain)) return undefined;
  const decimal = decimalSign(plain, locale);
  const [whole = '', fraction, ...more] = decimal ? plain.split(decimal) : [plain];
  if (more.length > 0 || (fraction !== undefined && !/^\d+$/u.test(fraction))) return undefined;
  const groups = whole.split(/[.,]/u);
  if (groups.length > 1 && groups.slice(1).some((group) => group.length !== 3)) return undefined;
  return groups.join('') + (fraction === undefined ? '' : `.${fraction}`);
}

/** Which sign stands before the fraction, if any does. */
function decimalSign(plain: string, locale: string): string | undefined {
  const sign = plain.charAt(Math.max(plain.lastIndexOf('.'), plain.lastIndexOf(',')));
  if (sign === '') return undefined;
  const other = sign === '.' ? ',' : '.';
  if (plain.includes(other)) return sign; // the later of two
  if (plain.indexOf(sign) !== plain.lastIndexOf(sign)) return undefined; // thousands come twice, fractions do not
  const ofLocale = new Intl.NumberFormat(locale).formatToParts(1.5).find(({ type }) => type === 'decimal')?.value;
  const threeBehind = plain.length - plain.indexOf(sign) === 4;
  return sign !== ofLocale && threeBehind ? undefined : sign;
}

/** A plain number in minor units; undefined when it has parts of a cent or does not fit. */
export function toMinor(plain: string, currency: string): number | undefined {
  const digits = minorDigits(currency);
  const [whole = '', fraction = ''] = plain.split('.');
  if (fraction.slice(digits).replace(/0/gu, '') !== '') return undefined;
  // Digits, not arithmetic: 90071992547409.91 * 100 loses a cent as a float.
  const amount = Number(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  return Number.isSafeInteger(amount) ? amount : undefined;
}
