import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type QuickAddContext, type QuickDeal, readQuickAdd } from './quickAdd.ts';

const anna = { id: 'u1', name: 'Anna Holm' };
const ivan = { id: 'u2', name: 'Iván Vega' };
const lena = { id: 'u3', name: 'Лена Орлова' };
const mei = { id: 'u4', name: '美玲' };
const acme = { id: 'c1', name: 'Acme' };
const eur = (amount: number) => ({ amount, currency: 'EUR' });

// A Tuesday.
const context: QuickAddContext = {
  locale: 'en',
  currency: 'EUR',
  today: '2026-11-24',
  people: [anna, ivan, lena, mei, { id: 'u5', name: 'Bo Lind' }, { id: 'u6', name: 'Bo Berg' }],
  customers: [acme],
};

describe('readQuickAdd', () => {
  it.each<[string, string, string, QuickDeal]>([
    [
      'reads English',
      'en',
      'Acme 12k Anna tomorrow',
      { title: 'Acme', customer: acme, amount: eur(1_200_000), owner: anna, nextStepOn: '2026-11-25' },
    ],
    [
      'reads Spanish',
      'es',
      'Molino Azul 12.500 Iván mañana',
      { title: 'Molino Azul', amount: eur(1_250_000), owner: ivan, nextStepOn: '2026-11-25' },
    ],
    [
      'reads Russian',
      'ru',
      'Балтика 1,5 млн Лена послезавтра',
      { title: 'Балтика', amount: eur(150_000_000), owner: lena, nextStepOn: '2026-11-26' },
    ],
    [
      'reads Chinese',
      'zh-Hant',
      '北辰精密 3萬 美玲 明天',
      { title: '北辰精密', amount: eur(3_000_000), owner: mei, nextStepOn: '2026-11-25' },
    ],
    [
      'takes the parts in any order',
      'en',
      'Acme tomorrow Anna 12k',
      { title: 'Acme', customer: acme, amount: eur(1_200_000), owner: anna, nextStepOn: '2026-11-25' },
    ],
    ['finds a name without its accents', 'en', 'Acme ivan', { title: 'Acme', customer: acme, owner: ivan }],
    ['takes a full name', 'en', 'Acme Bo Berg', { title: 'Acme', customer: acme, owner: { id: 'u6', name: 'Bo Berg' } }],
    ['leaves a first name that two people have', 'en', 'Acme Bo', { title: 'Acme Bo' }],
    ['takes the next Friday', 'en', 'Acme fri', { title: 'Acme', customer: acme, nextStepOn: '2026-11-27' }],
    [
      'takes a weekday of today as next week',
      'ru',
      'Acme во вторник',
      { title: 'Acme', customer: acme, nextStepOn: '2026-12-01' },
    ],
    ['takes a date that is over as next year', 'es', 'Acme 3/2', { title: 'Acme', customer: acme, nextStepOn: '2027-02-03' }],
    ['reads a Chinese date', 'zh-Hant', 'Acme 12月3日', { title: 'Acme', customer: acme, nextStepOn: '2026-12-03' }],
    ['keeps a number within the name', 'en', 'Hall 24 2k', { title: 'Hall 24', amount: eur(200_000) }],
    ['keeps a person within the name', 'en', 'Anna shop 5k', { title: 'Anna shop', amount: eur(500_000) }],
    ['needs no more than a name', 'en', '12k', { title: '12k' }],
    ['is empty for an empty line', 'en', '  ', { title: '' }],
  ])('%s', (_name, locale, line, want) => {
    expect(readQuickAdd(line, { ...context, locale })).toEqual(want);
  });
});

const anyLocale = fc.constantFrom('en', 'ru', 'es', 'zh-Hant');
const anyWord = fc.oneof(
  fc.constantFrom(
    '12',
    '500',
    '12k',
    '1,5',
    'млн',
    '€',
    'nt$',
    '3萬',
    'Anna',
    'Bo',
    '@Iván',
    'Holm',
    'fri',
    'mañana',
    'pasado',
    '3/2',
    '31/2',
    '12月3日',
    '-',
    '—',
    '@',
    'в',
  ),
  fc.string({ maxLength: 6 }),
);

describe('whatever is typed', () => {
  it('loses no word: what is not taken for an amount, a person or a day is the name', () => {
    fc.assert(
      fc.property(fc.array(anyWord, { maxLength: 9 }), anyLocale, (typed, locale) => {
        const line = typed.join(' ');
        const words = line.trim().split(/\s+/).filter(Boolean);
        const { title, amount, owner, nextStepOn } = readQuickAdd(line, { ...context, locale });
        const kept = title === '' ? [] : title.split(' ');
        expect(kept).toEqual(words.slice(0, kept.length));
        expect(kept.length > 0).toBe(words.length > 0);
        const found = [amount, owner, nextStepOn].filter((part) => part !== undefined).length;
        // Each takes one word at least; an amount four at most, the others three.
        expect(words.length - kept.length).toBeGreaterThanOrEqual(found);
        expect(words.length - kept.length).toBeLessThanOrEqual((amount ? 4 : 0) + (owner ? 3 : 0) + (nextStepOn ? 3 : 0));
        if (nextStepOn) expect(new Date(`${nextStepOn}T00:00:00Z`).toISOString().slice(0, 10)).toBe(nextStepOn);
      }),
    );
  });

  it('finds the same in every order', () => {
    const parts = fc.shuffledSubarray(['12 500 €', 'Anna Holm', 'tomorrow'], { minLength: 3 });
    fc.assert(
      fc.property(parts, fc.constantFrom('Acme', 'Harbour & Sons', 'Café Ñandú', '北辰精密'), (ordered, name) => {
        expect(readQuickAdd([name, ...ordered].join('  '), context)).toMatchObject({
          title: name,
          amount: eur(1_250_000),
          owner: anna,
          nextStepOn: '2026-11-25',
        });
      }),
    );
  });
});
