import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAmount, readSignedAmount } from './amount.ts';
import { minorDigits } from './money.ts';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('readAmount', () => {
  it.each([
    ['a thousand in short', '12.5k', 'en', eur(1_250_000)],
    ['a sign in front', '$40', 'en', { amount: 4000, currency: 'USD' }],
    ['a sign behind', '12 500 €', 'ru', eur(1_250_000)],
    ['grouped thousands behind a sign', '$1,234', 'en', { amount: 123_400, currency: 'USD' }],
    ['millions in short', '1.5m', 'en', eur(150_000_000)],
    ['a power of ten is none', '1e5', 'en', undefined],
    ['parts of a cent are none', '1,234.567', 'en', undefined],
    ['what does not fit is none', '12345678901234567890', 'en', undefined],
    ['brackets are none', '(500)', 'en', undefined],
    ['a code', 'usd 15', 'en', { amount: 1500, currency: 'USD' }],
    ['roubles', '300 тыс руб', 'ru', { amount: 30_000_000, currency: 'RUB' }],
    ['Spanish thousands', '3 mil', 'es', eur(300_000)],
    ['two numbers are none', '24 2', 'en', undefined],
    ['an unknown currency is none', '5 xyz', 'en', undefined],
    ['a word is none', 'k', 'en', undefined],
  ])('%s', (_name, typed, locale, want) => {
    expect(readAmount(typed, { locale, currency: 'EUR' })).toEqual(want);
  });
});

it.each([
  ['MXN', 'MXN'],
  ['CAD', 'CAD'],
  ['EUR', 'USD'],
])('takes $ for the dollar or peso of the house: %s', (currency, want) => {
  expect(readAmount('$40', { locale: 'en', currency })).toEqual({ amount: 4000, currency: want });
});

it('reads an amount below zero where an amount stands alone', () => {
  expect(readSignedAmount('-12k', { locale: 'en', currency: 'EUR' })).toEqual(eur(-1_200_000));
  expect(readAmount('-12k', { locale: 'en', currency: 'EUR' })).toBeUndefined();
});

// What people can write, in the alphabets and with the signs that amounts have.
const piece = fc.constantFrom(
  ...'0123456789.,’ \u00a0\u202f-−()$€£¥₽元kкmм千萬万',
  'тыс',
  'млн',
  'mil',
  'nt$',
  'usd',
  'руб.',
  'euro',
  'e',
  'x',
);
const written = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
const locale = fc.constantFrom('en', 'ru', 'es', 'zh-Hant');
const currency = fc.constantFrom('EUR', 'USD', 'JPY', 'KWD', 'HUF', 'TWD', 'MXN');

describe('whatever is written', () => {
  it('is no amount, or one of whole minor units that a number can hold', () => {
    fc.assert(
      fc.property(fc.oneof(written, fc.string()), locale, currency, (typed, inLocale, home) => {
        for (const money of [
          readAmount(typed, { locale: inLocale, currency: home }),
          readSignedAmount(typed, { locale: inLocale, currency: home }),
        ]) {
          if (money === undefined) continue;
          expect(Number.isSafeInteger(money.amount)).toBe(true);
          expect(Object.is(money.amount, -0)).toBe(false);
          expect(money.currency).toMatch(/^[A-Z]{3}$/);
        }
      }),
    );
  });

  it('is read as what is shown, in every language', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 13 }), locale, currency, (amount, inLocale, home) => {
        const digits = minorDigits(home);
        const shown = new Intl.NumberFormat(inLocale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
        const typed = shown.format(amount / 10 ** digits);
        expect(readAmount(typed, { locale: inLocale, currency: home })).toEqual({ amount, currency: home });
        expect(readSignedAmount(`-${typed}`, { locale: inLocale, currency: home })?.amount).toBe(amount === 0 ? 0 : -amount);
      }),
    );
  });
});
