import { describe, expect, it } from 'vitest';
import { difference, effectsOf, split, wantedBy, withEffects } from './effects.ts';
import type { CrmRecord } from './record.ts';
import { schemaFrom } from './schema.ts';
import { OpenViews, readyView, recordsIn } from './views.ts';

const now = Date.parse('2026-11-24T10:00:00Z');
const deal: CrmRecord = {
  type: 'deal',
  id: 'd',
  version: 3,
  fields: { title: 'A', stageId: 's1', 'fields.size': 4 },
  masked: [],
};

describe('what a command will do', () => {
  it.each<[string, string, Record<string, unknown>, Record<string, unknown> | undefined]>([
    [
      'sets the values of an edit',
      'record.edit',
      { id: 'd', values: { title: 'B' } },
      { title: 'B', stageId: 's1', 'fields.size': 4 },
    ],
    ['takes away what is null', 'record.edit', { id: 'd', values: { title: null } }, { stageId: 's1', 'fields.size': 4 }],
    [
      'reads nested custom fields',
      'record.edit',
      { id: 'd', values: { fields: { size: 5 } } },
      { title: 'A', stageId: 's1', 'fields.size': 5 },
    ],
    [
      'moves a deal',
      'deal.move',
      { id: 'd', stageId: 's2' },
      { ...deal.fields, stageId: 's2', stageSince: '2026-11-24T10:00:00.000Z' },
    ],
    ['gives a record to somebody', 'record.assign', { id: 'd', ownerId: 'u' }, { ...deal.fields, ownerId: 'u' }],
    ['puts a record into the trash', 'record.trash', { id: 'd' }, undefined],
    ['guesses nothing about other commands', 'undo', { offset: 4 }, deal.fields],
  ])('%s', (_name, name, args, want) => {
    expect(withEffects(deal, effectsOf(name, args, 'me', now))?.fields).toEqual(want);
  });

  it.each([
    ['record.create', { id: 'n', type: 'customer', values: { name: 'Acme' } }, 'customer', { name: 'Acme' }],
    ['comment.add', { id: 'n', recordId: 'd', text: 'hello' }, 'comment', { recordId: 'd', text: 'hello' }],
  ])('%s shows the new record, by whoever gave the command', (name, args, type, fields) => {
    expect(withEffects(undefined, effectsOf(name, args, 'me', now))).toMatchObject({
      type,
      version: 0,
      fields: { ...fields, createdBy: 'me' },
    });
  });

  it('does not hide the server’s record behind the expected one', () => {
    const [create] = effectsOf('record.create', { id: 'd', type: 'deal', values: { title: 'mine' } }, 'me', now);
    expect(create && withEffects(deal, [create])).toBe(deal);
  });

  it('changes nothing that is not there', () => {
    expect(withEffects(undefined, effectsOf('record.edit', { id: 'd', values: { title: 'B' } }, 'me', now))).toBeUndefined();
  });
});

it('difference is the way from one look to another', () => {
  const after = { ...deal, fields: { title: 'B', stageId: 's1' } };
  expect(withEffects(deal, [difference(deal, after)])).toEqual(after);
});

it('split tells values from what is taken away', () => {
  expect(split({ a: 1, b: '', c: null, fields: { d: 2 } })).toEqual({ set: { a: 1, 'fields.d': 2 }, unset: ['b', 'c'] });
});

it.each([
  ['record.edit', { values: { title: 'B' } }, { title: 'B' }],
  ['deal.move', { stageId: 's2', afterId: 'x' }, { stageId: 's2' }],
  ['pipeline.save', { name: 'x' }, {}],
])('%s can say what the person wanted', (name, args, want) => {
  expect(wantedBy(name, args)).toEqual(want);
});

describe('answers that show records', () => {
  const position = { epoch: 'e', offset: 1 };
  const record = { t: 'deal', id: 'd', v: 1, f: { title: 'A' } };

  it.each([
    ['a list', { position, records: [record], total: 7, next: '50' }, ['d'], 7],
    ['a record with what hangs on it', { position, record, related: [{ ...record, id: 'c' }], may: ['edit'] }, ['d'], 1],
    [
      'a table, where null is no value',
      { position, tables: [{ t: 'deal', keys: ['title', 'amount'], rows: [['d', 1, null, 'A', null]] }] },
      ['d'],
      1,
    ],
  ])('%s', (_name, answer, ids, total) => {
    expect(recordsIn(answer).whole[0]).toEqual({ type: 'deal', id: 'd', version: 1, fields: { title: 'A' }, masked: [] });
    expect(readyView('k', answer)).toMatchObject({ ids, total, status: 'ready' });
  });

  it('carries masks of a table', () => {
    const { whole } = recordsIn({ position, tables: [{ t: 'deal', keys: [], rows: [['d', 1, ['money']]] }] });
    expect(whole[0]?.masked).toEqual(['money']);
  });

  it('reads texts that a table repeats by their places', () => {
    const table = {
      t: 'deal',
      keys: ['ownerId', 'probability'],
      words: [['ana', 'ben'], []],
      rows: [
        ['d', 1, null, 1, 1],
        ['e', 1, null, 0, null],
        ['f', 1, null, null, 0],
      ],
    };
    expect(recordsIn({ position, tables: [table] }).whole.map(({ fields }) => fields)).toEqual([
      { ownerId: 'ben', probability: 1 },
      { ownerId: 'ana' },
      { probability: 0 },
    ]);
  });

  it('tells records of which it brings some fields only from whole ones', () => {
    const { whole, parts } = recordsIn({
      position,
      tables: [
        { t: 'deal', keys: [], rows: [['d', 1, null]], part: true },
        { t: 'customer', keys: [], rows: [['c', 1, null]] },
      ],
    });
    expect([whole, parts].map((records) => records.map(({ id }) => id))).toEqual([['c'], ['d']]);
  });
});

it('loads a view once while several show it, and again after it was forgotten', async () => {
  const forgotten: string[] = [];
  const views = new OpenViews((key) => forgotten.push(key), 0);
  expect([views.enter('k'), views.enter('k')]).toEqual([true, false]);
  views.leave('k');
  expect(views.shown()).toEqual(['k']);
  views.leave('k');
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect([forgotten, views.enter('k')]).toEqual([['k'], true]);
});

it('adds the custom fields that records define behind the predefined ones', () => {
  const size: CrmRecord = {
    type: 'field',
    id: 'f',
    version: 1,
    masked: [],
    fields: { recordType: 'deal', key: 'size', kind: 'number', required: true },
  };
  const title = { key: 'title', kind: 'text', group: 'standard' };
  const stale = { key: 'fields.gone', kind: 'text', group: 'standard' };
  expect(schemaFrom([{ type: 'deal', fields: [title, stale] }], [size])['deal']).toEqual([
    title,
    { key: 'fields.size', kind: 'number', group: 'standard', required: true },
  ]);
});
