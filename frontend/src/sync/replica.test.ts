import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry, Op } from '../api/wire.ts';
import type { CrmRecord } from './record.ts';
import { Replica } from './replica.ts';

const epoch = 'e1';
const at = (offset: number) => ({ epoch, offset });

function entry(offset: number, ...ops: Op[]): Entry {
  return { offset, at: '2026-11-24T10:00:00Z', command: 'record.edit', ops };
}

function deal(id: string, fields: Record<string, unknown>, version = 1): CrmRecord {
  return { type: 'deal', id, version, fields, masked: [] };
}

const show = (id: string, f: Record<string, unknown>, v = 1): Op => ({ op: 'show', t: 'deal', id, v, f });
const set = (id: string, f: Record<string, unknown>, v: number, unset: string[] = []): Op => ({
  op: 'set',
  t: 'deal',
  id,
  v,
  f,
  unset,
});
const hide = (id: string): Op => ({ op: 'hide', t: 'deal', id });
const comment = (id: string, recordId: string): Op => ({ op: 'show', t: 'comment', id, v: 1, f: { recordId, text: 'hello' } });

/** A replica at offset 4 that holds the given records as of a load there. */
function replicaWith(...records: CrmRecord[]): Replica {
  const replica = new Replica(at(4));
  replica.merge(replica.beginLoad(), records, at(4));
  return replica;
}

describe('entries', () => {
  it.each<[string, Op[], Record<string, unknown> | undefined]>([
    ['[SL8] sets changed fields', [set('d', { title: 'B' }, 2)], { title: 'B', amount: 5 }],
    ['[SL8] unsets fields', [set('d', {}, 2, ['amount'])], { title: 'A' }],
    ['[SL9] replaces the record on show, masked fields included', [show('d', { title: 'C' }, 2)], { title: 'C' }],
    ['[SL8] forgets on hide', [hide('d')], undefined],
    ['[SL8] forgets on delete', [{ op: 'delete', t: 'deal', id: 'd' }], undefined],
    ['[SL8] gets it back on show', [hide('d'), show('d', { title: 'D' }, 3)], { title: 'D' }],
  ])('%s', (_name, ops, want) => {
    const replica = replicaWith(deal('d', { title: 'A', amount: 5 }));
    ops.forEach((op, i) => void replica.apply([entry(5 + i, op)], at(5 + i)));
    expect(replica.get('d')?.fields).toEqual(want);
  });

  it('takes no change of a record that no view has loaded', () => {
    const replica = replicaWith();
    expect(replica.apply([entry(5, set('x', { title: 'B' }, 2))], at(5)).touched.size).toBe(0);
    expect(replica.get('x')).toBeUndefined();
  });

  it('tells when a record that is not held is linked to another one', () => {
    const replica = replicaWith();
    expect(replica.apply([entry(5, set('x', { customerId: 'c' }, 2))], at(5)).arrived).toBe(true);
    expect(replica.apply([entry(6, set('x', { title: 'c' }, 3))], at(6)).arrived).toBe(false);
  });
});

describe('comments', () => {
  it('[SL10] are forgotten when their record is shown, hidden or deleted', () => {
    const replica = replicaWith(deal('d', {}));
    replica.apply([entry(5, comment('c', 'd'))], at(5));
    const { forgotten } = replica.apply([entry(6, show('d', { title: 'B' }, 2))], at(6));
    expect(replica.get('c')).toBeUndefined();
    expect([...forgotten]).toEqual(['d']);
  });

  it('[SL10] stay when the same entry brings them', () => {
    const replica = replicaWith(deal('d', {}));
    replica.apply([entry(5, comment('c', 'd'), show('d', { title: 'B' }, 2))], at(5));
    expect(replica.get('c')).toBeDefined();
  });

  it('[SL10] stay when they were loaded later than that', () => {
    const replica = replicaWith(deal('d', {}));
    const load = replica.beginLoad();
    replica.merge(
      load,
      [deal('d', {}, 2), { type: 'comment', id: 'c', version: 1, fields: { recordId: 'd' }, masked: [] }],
      at(6),
    );
    replica.apply([entry(5, show('d', {}, 2))], at(6));
    expect(replica.get('c')).toBeDefined();
  });

  it('[SL10] come back with the next load', () => {
    const replica = replicaWith(deal('d', {}));
    replica.apply([entry(5, comment('c', 'd'))], at(5));
    replica.apply([entry(6, show('d', {}, 2))], at(6));
    replica.merge(replica.beginLoad(), [{ type: 'comment', id: 'c', version: 1, fields: { recordId: 'd' }, masked: [] }], at(6));
    expect(replica.get('c')).toBeDefined();
  });
});

describe('loads', () => {
  it('[SL4] apply what arrived while a view from behind was on its way', () => {
    const replica = replicaWith();
    const load = replica.beginLoad();
    replica.apply([entry(5, set('d', { title: 'B' }, 2))], at(5));
    replica.merge(load, [deal('d', { title: 'A' })], at(4));
    expect(replica.get('d')).toMatchObject({ version: 2, fields: { title: 'B' } });
  });

  it('[SL4] skip the entries that a view from ahead has in it', () => {
    const replica = replicaWith();
    replica.merge(replica.beginLoad(), [deal('d', { title: 'C' }, 3)], at(6));
    replica.apply([entry(5, set('d', { title: 'B' }, 2))], at(5));
    replica.apply([entry(6, set('d', { title: 'C' }, 3))], at(6));
    expect(replica.get('d')).toMatchObject({ version: 3, fields: { title: 'C' } });
  });

  it('[M9] do not bring back what was hidden meanwhile', () => {
    const replica = replicaWith(deal('d', {}));
    const load = replica.beginLoad();
    replica.apply([entry(5, hide('d'))], at(5));
    replica.merge(load, [deal('d', { title: 'A' })], at(4));
    expect(replica.get('d')).toBeUndefined();
  });

  it('[SL2] of another epoch are dropped', () => {
    const replica = replicaWith();
    replica.merge(replica.beginLoad(), [deal('d', {})], { epoch: 'e2', offset: 9 });
    expect(replica.get('d')).toBeUndefined();
  });

  it('leave nothing recorded when they fail', () => {
    const replica = replicaWith();
    const failed = replica.beginLoad();
    replica.apply([entry(5, show('d', { title: 'A' }))], at(5));
    replica.endLoad(failed);
    expect(replica.merge(failed, [deal('x', {})], at(5)).size).toBe(0);
  });
});

describe('answers to commands', () => {
  it.each([
    ['show at once what is newer than the stream', 5, 'B'],
    ['say nothing when the stream was faster', 4, 'A'],
  ])('%s', (_name, offset, title) => {
    const replica = replicaWith(deal('d', { title: 'A' }));
    replica.mergeAnswer([deal('d', { title: 'B' }, 2)], at(offset));
    expect(replica.get('d')?.fields['title']).toBe(title);
  });
});

// ---- Any order of loads, answers and frames ends in the same state ----

/** A board shows `value`; `more` is on the record's own page only. */
type Change = { id: string; kind: 'set' | 'hide' | 'show'; key: 'value' | 'more'; value: number };

const ids = ['a', 'b', 'c'];
const change: fc.Arbitrary<Change> = fc.record({
  id: fc.constantFrom(...ids),
  kind: fc.constantFrom('set', 'set', 'hide', 'show'),
  key: fc.constantFrom('value', 'more'),
  value: fc.integer({ min: 0, max: 99 }),
});

/** The log as one viewer sees it, and the visible records after each of its entries. */
function history(changes: readonly Change[]): { entries: Entry[]; states: Map<string, CrmRecord>[] } {
  const start = new Map(ids.map((id) => [id, deal(id, { value: -1, more: -1 })]));
  const states = [start];
  const entries: Entry[] = [];
  changes.forEach(({ id, kind, key, value }, i) => {
    const state = new Map(states.at(-1));
    const before = state.get(id);
    const fields = { ...(before?.fields ?? { value: 0, more: 0 }), [key]: value };
    const next = deal(id, fields, i + 2);
    const ops: Op[] = [];
    if (kind === 'hide' && before) {
      state.delete(id);
      ops.push(hide(id));
    } else if (kind !== 'hide') {
      state.set(id, next);
      ops.push(before && kind === 'set' ? set(id, { [key]: value }, i + 2) : show(id, fields, i + 2));
    }
    states.push(state);
    entries.push(entry(i + 1, ...ops));
  });
  return { entries, states };
}

it('[SL4] ends in the state of the log, whatever loads overlap with the frames', () => {
  const plan = fc.record({
    changes: fc.array(change, { minLength: 1, maxLength: 30 }),
    // Where each load begins, where its answer stands, when it arrives, and whether it is a board's.
    loads: fc.array(fc.tuple(fc.nat(30), fc.nat(30), fc.nat(30), fc.boolean()), { maxLength: 5 }),
    heldAtFirst: fc.subarray(ids),
    answers: fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 5 }),
  });
  fc.assert(
    fc.property(plan, ({ changes, loads, answers, heldAtFirst }) => {
      const { entries, states } = history(changes);
      const head = entries.length;
      const replica = new Replica(at(0));
      replica.merge(
        replica.beginLoad(),
        heldAtFirst.flatMap((id) => states[0]?.get(id) ?? []),
        at(0),
      );
      const known = new Set(heldAtFirst);
      const shown = new Set<string>();
      const open = loads.map(([begin, ahead, stay, board]) => {
        const from = begin % (head + 1);
        const stands = Math.min(head, from + (ahead % 7));
        return { from, stands, board, until: Math.min(head, from + (stay % 7)) };
      });
      const tokens = new Map<number, symbol>();
      for (let offset = 0; offset <= head; offset++) {
        if (offset > 0) replica.apply(entries.slice(offset - 1, offset), at(offset));
        open.forEach((load, i) => {
          if (load.from === offset) tokens.set(i, replica.beginLoad());
          const token = tokens.get(i);
          if (load.until !== offset || !token) return;
          const records = [...(states[load.stands]?.values() ?? [])];
          const part = records.map((record) => ({ ...record, fields: { value: record.fields['value'] } }));
          replica.merge(token, load.board ? [] : records, at(load.stands), load.board ? part : []);
          for (const { id } of records) (load.board ? shown : known).add(id);
        });
        for (const [arrives, ahead] of answers) {
          const stands = Math.min(head, offset + (ahead % 4));
          // An answer holds the records that its command changed, as of its position.
          const changed = entries[stands - 1]?.ops.map((op) => op.id) ?? [];
          const records = changed.flatMap((id) => states[stands]?.get(id) ?? []);
          if (arrives % (head + 1) === offset) replica.mergeAnswer(records, at(stands));
        }
      }
      const final = states.at(-1) ?? new Map();
      for (const id of ids) {
        const [held, wanted] = [replica.get(id), final.get(id)];
        if (known.has(id) || !wanted) expect(held).toEqual(wanted);
        else if (shown.has(id) || held) expect(held).toMatchObject({ ...wanted, fields: { value: wanted.fields['value'] } });
      }
    }),
    { numRuns: 500 },
  );
});
