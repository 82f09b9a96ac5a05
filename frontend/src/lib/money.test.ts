import { describe, expect, it } from 'vitest';
import { asMoney, formatMoney, plainNumber, toMinor } from './money.ts';

describe('plainNumber', () => {
  it.each([
    ['reads English thousands', '12,500', 'en', '12500'],
    ['reads Spanish thousands', '12.500', 'es', '12500'],
    ['reads an English decimal', '12.5', 'en', '12.5'],
    ['reads a Russian decimal', '12,5', 'ru', '12.5'],
    ['reads spaces between thousands', '12 500,75', 'ru', '12500.75'],
    ['reads a narrow no-break space', '12\u202f500', 'ru', '12500'],
    ['takes the later of two signs as the decimal sign', '1.234,50', 'en', '1234.50'],
    ['takes a sign that comes twice as the thousands sign', '1.234.567', 'en', '1234567'],
    ['lets a dangling decimal sign be', '12,', 'es', '12'],
    ['refuses two numbers', '24 2', 'en', undefined],
    ['refuses words', 'twelve', 'en', undefined],
    ['refuses two decimals', '1,2.3.4', 'en', undefined],
  ])('%s', (_name, typed, locale, want) => {
    expect(plainNumber(typed, locale)).toBe(want);
  });
});

describe('toMinor', () => {
  it.each([
    ['counts cents', '12.5', 'EUR', 1250],
    ['knows currencies without cents', '1200', 'JPY', 1200],
    ['knows currencies with thousandths', '1.5', 'KWD', 1500],
    ['refuses parts of a thousandth', '1.2345', 'KWD', undefined],
    ['counts hundredths where browsers count none', '1000', 'HUF', 100_000],
    ['keeps what a float would lose', '90071992547409.91', 'EUR', 9007199254740991],
    ['refuses what does not fit', '90071992547409.92', 'EUR', undefined],
    ['refuses parts of a cent', '1.005', 'EUR', undefined],
    ['reads a negative amount', '-3', 'EUR', -300],
  ])('%s', (_name, plain, currency, want) => {
    expect(toMinor(plain, currency)).toBe(want);
  });
});

it('shows cents only where there are any', () => {
  expect(formatMoney({ amount: 1850000, currency: 'EUR' }, 'en')).toBe('€18,500');
  expect(formatMoney({ amount: 1850050, currency: 'EUR' }, 'en')).toBe('€18,500.50');
});

it.each([
  ['three decimals', { amount: 1_234_567, currency: 'KWD' }, 'KWD\u00a01,234.567'],
  ['three decimals of which two are zero', { amount: 1_100, currency: 'KWD' }, 'KWD\u00a01.100'],
  ['none', { amount: 1_500, currency: 'JPY' }, 'JPY\u00a01,500'],
  ['two, of a currency that browsers round', { amount: 150_050, currency: 'HUF' }, 'HUF\u00a01,500.50'],
  ['two, where there are none', { amount: 150_000, currency: 'COP' }, 'COP\u00a01,500'],
])('[H11] shows an amount with %s', (_name, money, want) => {
  expect(formatMoney(money, 'en')).toBe(want);
  // And what is shown is read as the same again.
  expect(toMinor(plainNumber(want.slice(4), 'en') ?? '', money.currency)).toBe(money.amount);
});

it('takes nothing for money that is not', () => {
  expect(asMoney({ amount: '5', currency: 'EUR' })).toBeUndefined();
  expect(asMoney(null)).toBeUndefined();
});
