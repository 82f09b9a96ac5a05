import { describe, expect, it } from 'vitest';
import type { CrmRecord } from '../../api/hooks.ts';
import type { Stage } from '../../records/stages.ts';
import type { Column } from './columns.ts';
import { asksFor, dropTarget, endOf, moved, type Over, placeTarget, type Target } from './moves.ts';

const stage = (id: string, more: Partial<Stage> = {}): Stage => ({
  id,
  name: id,
  kind: 'open',
  probability: 0,
  idleDays: 0,
  requires: [],
  from: [],
  why: '',
  ...more,
});
const deal = (id: string, stageId: string, order: string, masked: string[] = []): CrmRecord => ({
  type: 'deal',
  id,
  version: 3,
  fields: { stageId, order },
  masked,
});
const column = (id: string, deals: CrmRecord[]): Column => ({
  stage: stage(id),
  deals,
  members: deals,
  totals: { count: deals.length, sums: [], weighted: [], masked: 0 },
});

const a = deal('a', 'talk', 'B');
const columns = [
  column('talk', [a, deal('b', 'talk', 'M'), deal('c', 'talk', 'Z')]),
  column('offer', [deal('d', 'offer', 'M')]),
  column('won', []),
];

describe('dropTarget', () => {
  it.each<[string, string, Over, Target | undefined]>([
    [
      'puts a card above the one it is dropped on',
      'a',
      { stageId: 'offer', cardId: 'd', edge: 'top' },
      { stageId: 'offer', beforeId: 'd' },
    ],
    ['puts it below', 'a', { stageId: 'offer', cardId: 'd', edge: 'bottom' }, { stageId: 'offer', afterId: 'd' }],
    [
      'puts it between two',
      'a',
      { stageId: 'talk', cardId: 'b', edge: 'bottom' },
      { stageId: 'talk', afterId: 'b', beforeId: 'c' },
    ],
    ['puts it at the end of the column it is dropped on', 'a', { stageId: 'talk' }, { stageId: 'talk', afterId: 'c' }],
    ['fills an empty column', 'a', { stageId: 'won' }, { stageId: 'won' }],
    ['does nothing where the card already is', 'a', { stageId: 'talk', cardId: 'b', edge: 'top' }, undefined],
    ['does nothing on itself', 'c', { stageId: 'talk' }, undefined],
    ['does nothing beside the board', 'a', { stageId: 'gone' }, undefined],
  ])('%s', (_name, dragged, over, want) => {
    expect(dropTarget(columns, dragged, over)).toEqual(want);
  });
});

it('counts a place without the card itself', () => {
  expect(placeTarget(columns, 'a', { column: 0, row: 1 })).toEqual({ stageId: 'talk', afterId: 'b', beforeId: 'c' });
  expect(endOf(columns, 'offer')).toEqual({ stageId: 'offer', afterId: 'd' });
});

describe('moved', () => {
  const orderOf = (id: string) => columns.flatMap((c) => c.deals).find((d) => d.id === id)?.fields['order'] as string;
  it('stands between its neighbours at once, and begins to age anew', () => {
    const after = moved(
      a,
      { stageId: 'offer', beforeId: 'd' },
      { values: { product: 'X' } },
      orderOf,
      Date.parse('2026-11-24T10:00:00Z'),
    );
    expect(after.fields).toMatchObject({ stageId: 'offer', product: 'X', stageSince: '2026-11-24T10:00:00.000Z' });
    expect(String(after.fields['order']) < 'M').toBe(true);
  });
  it('does not age anew within its column', () => {
    expect(moved(a, { stageId: 'talk', afterId: 'c' }, {}, orderOf, 0).fields['stageSince']).toBeUndefined();
  });
});

describe('asksFor', () => {
  const group = (key: string) => ({ amount: 'money', 'fields.trashed': '' })[key] ?? 'standard';
  it('asks for what is missing, not for what is masked or in the trash', () => {
    const offer = stage('offer', { requires: ['expectedCloseOn', 'amount', 'fields.trashed'] });
    expect(asksFor(offer, deal('x', 'talk', '', ['money']), group)).toEqual({ lostReason: false, fields: ['expectedCloseOn'] });
  });
  it('asks why only on arrival', () => {
    const lost = stage('lost', { kind: 'lost' });
    expect(asksFor(lost, a, group).lostReason).toBe(true);
    expect(asksFor(lost, deal('x', 'lost', ''), group).lostReason).toBe(false);
  });
});
