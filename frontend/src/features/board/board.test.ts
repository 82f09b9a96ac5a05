import { describe, expect, it } from 'vitest';
import type { CrmRecord } from '../../api/hooks.ts';
import type { Stage } from '../../records/stages.ts';
import { ageOf, type IdleMark } from './age.ts';
import { boardTotals, columnsOf, filterDeals, shareOf } from './columns.ts';
import { type BoardAction, boardAction, type Direction, moveTarget, neighbour, type Place } from './keys.ts';
import { placeBetween } from './order.ts';

const stage = (id: string, more: Partial<Stage> = {}): Stage => ({
  id,
  name: id,
  kind: 'open',
  probability: 50,
  idleDays: 10,
  requires: [],
  from: [],
  why: '',
  ...more,
});
const talk = stage('talk', { probability: 10 });
const offer = stage('offer');
const lost = stage('lost', { kind: 'lost', probability: 0 });
const deal = (id: string, fields: Record<string, unknown>, masked: string[] = []): CrmRecord => ({
  type: 'deal',
  id,
  version: 1,
  fields,
  masked,
});
const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('columnsOf', () => {
  const deals = [
    deal('a', { stageId: 'talk', order: 'b', amount: eur(1000) }),
    deal('b', { stageId: 'talk', order: 'a', amount: { amount: 500, currency: 'USD' } }),
    deal('c', { stageId: 'offer', order: 'Z', amount: eur(300), probability: 100 }),
    deal('d', { stageId: 'offer', order: 'a' }, ['money']),
    deal('e', { stageId: 'lost', order: 'a', amount: eur(9999) }),
    deal('f', { stageId: 'gone' }),
  ];
  const columns = columnsOf(deals, [talk, offer, lost], 'EUR');

  it('sorts by the server’s key, capitals first', () => {
    expect(columns.map((column) => column.deals.map((d) => d.id))).toEqual([['b', 'a'], ['c', 'd'], ['e']]);
  });
  it('never adds two currencies', () => {
    expect(columns[0]?.totals.sums).toEqual([eur(1000), { amount: 500, currency: 'USD' }]);
  });
  it('[H11] adds thousandths and hundredths without a loss, and the board is the sum of its columns', () => {
    const parts = [
      ['talk', 999, 'EUR'],
      ['talk', 999, 'EUR'],
      ['offer', 999, 'EUR'],
      ['talk', 1_234_567, 'KWD'],
      ['offer', 1, 'KWD'],
      ['offer', 9_007_199_254_740_000, 'HUF'],
      ['talk', 991, 'HUF'],
    ] as const;
    const mixed = parts.map(([stageId, amount, currency], n) => deal(`m${n}`, { stageId, amount: { amount, currency } }));
    const apart = columnsOf(mixed, [talk, offer, lost], 'EUR');
    expect(boardTotals(apart, 'EUR').sums).toEqual([
      eur(2_997),
      { amount: 9_007_199_254_740_991, currency: 'HUF' },
      { amount: 1_234_568, currency: 'KWD' },
    ]);
  });
  it('weighs by the deal’s probability before the stage’s', () => {
    expect(columns[0]?.totals.weighted[0]).toEqual(eur(100));
    expect(columns[1]?.totals.weighted[0]).toEqual(eur(300));
  });
  it('counts a deal whose amount is masked, and says that it is', () => {
    expect(columns[1]?.totals).toMatchObject({ count: 2, masked: 1 });
  });
  it('counts what is lost, but leaves it out of the board’s sum', () => {
    const board = boardTotals(columns, 'EUR');
    expect(board.count).toBe(5);
    expect(board.sums[0]).toEqual(eur(1300));
    expect(shareOf(columns[1]?.totals ?? board, board, 'EUR')).toBeCloseTo(23.08, 1);
  });
  it('gives a column back that nothing happened to', () => {
    const moved = deals.map((d) => (d.id === 'c' ? deal('c', { ...d.fields, order: 'b' }) : d));
    const after = columnsOf(
      moved,
      columns.map((column) => column.stage),
      'EUR',
      columns,
    );
    expect(after[0]).toBe(columns[0]);
    expect(after[1]).not.toBe(columns[1]);
  });
});

it('finds a deal by words in any order and without accents', () => {
  const deals = [deal('a', { title: 'Café', ownerId: 'u' }), deal('b', { title: 'Cafeteria' })];
  const names = (id: string) => (id === 'u' ? 'Iván' : '');
  expect(filterDeals(deals, 'ivan cafe', names).map((d) => d.id)).toEqual(['a']);
  expect(filterDeals(deals, '', names)).toBe(deals);
});

describe('ageOf', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  it.each<[string, Stage, Record<string, unknown>, number, number, IdleMark | undefined]>([
    ['counts full days', talk, { stageSince: '2026-11-22T13:00:00Z' }, 1, 10, undefined],
    [
      'marks a deal without a next step after the limit',
      talk,
      { stageSince: '2026-11-12T00:00:00Z' },
      12,
      100,
      { kind: 'unplanned', days: 12 },
    ],
    [
      'marks a deal that only waits',
      talk,
      { stageSince: '2026-11-12T00:00:00Z', nextStep: 'their list' },
      12,
      100,
      { kind: 'idle', days: 12 },
    ],
    [
      'marks a next step whose day is over, at any age',
      talk,
      { stageSince: '2026-11-24T00:00:00Z', nextStepOn: '2026-11-22' },
      0,
      0,
      { kind: 'overdue', days: 2 },
    ],
    [
      'trusts a plan for a day to come',
      talk,
      { stageSince: '2026-11-12T00:00:00Z', nextStepOn: '2026-11-30' },
      12,
      100,
      undefined,
    ],
    ['lets a next step of today be', talk, { stageSince: '2026-11-24T00:00:00Z', nextStepOn: '2026-11-24' }, 0, 0, undefined],
    [
      'has patience where the stage has no limit',
      stage('x', { idleDays: 0 }),
      { stageSince: '2025-11-24T12:00:00Z' },
      365,
      0,
      undefined,
    ],
    ['worries about nothing lost', lost, { stageSince: '2026-01-01T00:00:00Z' }, 327, 100, undefined],
    ['takes no clock that runs ahead for a negative age', talk, { stageSince: '2026-11-25T00:00:00Z' }, 0, 0, undefined],
  ])('%s', (_name, at, fields, days, ring, mark) => {
    expect(ageOf(deal('a', fields), at, now, '2026-11-24')).toEqual({ days, ring, mark });
  });
});

describe('neighbour', () => {
  it.each<[string, Place, Direction, Place]>([
    ['goes down', { column: 0, row: 0 }, 'down', { column: 0, row: 1 }],
    ['stops at the end', { column: 0, row: 2 }, 'down', { column: 0, row: 2 }],
    ['stops at the top', { column: 0, row: 0 }, 'up', { column: 0, row: 0 }],
    ['skips an empty column', { column: 0, row: 1 }, 'right', { column: 2, row: 0 }],
    ['stays when there is nothing beyond', { column: 2, row: 0 }, 'right', { column: 2, row: 0 }],
    ['goes to the last', { column: 0, row: 0 }, 'last', { column: 0, row: 2 }],
  ])('%s', (_name, from, direction, want) => {
    expect(neighbour(from, direction, [3, 0, 1])).toEqual(want);
  });
});

describe('moveTarget', () => {
  it('enters an empty column', () => {
    expect(moveTarget({ column: 0, row: 1 }, 'right', [3, 0, 1])).toEqual({ column: 1, row: 0 });
  });
  it('stays within the board', () => {
    expect(moveTarget({ column: 0, row: 1 }, 'left', [3, 0, 1])).toBeUndefined();
    expect(moveTarget({ column: 0, row: 2 }, 'down', [3, 0, 1])).toBeUndefined();
  });
});

describe('boardAction', () => {
  const key = (code: string, more = {}) => ({
    code,
    altKey: false,
    ctrlKey: false,
    metaKey: false,
    shiftKey: false,
    isComposing: false,
    ...more,
  });
  it.each<[string, ReturnType<typeof key>, BoardAction | undefined]>([
    ['an arrow moves the focus', key('ArrowLeft'), { do: 'focus', direction: 'left' }],
    ['Alt+arrow moves the card', key('ArrowRight', { altKey: true }), { do: 'move', direction: 'right' }],
    ['a letter goes by its place', key('KeyV'), { do: 'sheet' }],
    ['a half-composed word is left alone', key('Enter', { isComposing: true }), undefined],
    ['Ctrl+letter is the browser’s', key('KeyC', { ctrlKey: true }), undefined],
  ])('%s', (_name, stroke, want) => {
    expect(boardAction(stroke)).toEqual(want);
  });
});

describe('placeBetween', () => {
  it.each([
    ['an empty column', '', ''],
    ['the top', '', 'V'],
    ['the top, tightly', '', '01'],
    ['the end', 'V', ''],
    ['the end of the signs', 'zz', ''],
    ['two neighbours', 'a', 'b'],
    ['a neighbour and its longer kin', 'a', 'a1'],
    ['distant neighbours', 'A', 'z'],
  ])('finds a place in %s', (_name, above, below) => {
    const key = placeBetween(above, below);
    expect(key > above).toBe(true);
    expect(below === '' || key < below).toBe(true);
  });
});
