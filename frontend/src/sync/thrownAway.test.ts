import { describe, expect, it } from 'vitest';
import type { Entry } from '../api/wire.ts';
import { thrownAway } from './thrownAway.ts';
import type { LastHand } from './types.ts';

const at = '2026-11-24T10:00:00Z';
const entry = (op: Entry['ops'][number]['op'], id = 'd', by: string | undefined = 'paul'): Entry => ({
  offset: 1,
  at,
  command: 'record.trash',
  ops: [{ op, t: 'deal', id }],
  ...(by && { by }),
});
const nothing: ReadonlyMap<string, LastHand> = new Map();
const known = thrownAway(nothing, [entry('delete')]);

describe('[C7] who threw a record away', () => {
  it('is known with its time', () => {
    expect(known.get('d')).toEqual({ by: 'paul', at: Date.parse(at), command: 'record.trash' });
  });

  it.each<[string, Entry, boolean]>([
    ['is not known of what is only hidden', entry('hide'), false],
    ['is forgotten when it comes back', entry('show'), false],
    ['stays when another record changes', entry('set', 'e'), true],
  ])('%s', (_name, next, stays) => {
    expect(thrownAway(known, [next]).has('d')).toBe(stays);
  });

  it('is the same map when nothing changed', () => {
    expect(thrownAway(known, [entry('set', 'e'), entry('hide', 'f')])).toBe(known);
    expect(thrownAway(known, [])).toBe(known);
  });

  it('is kept of the last 200 only', () => {
    const many = Array.from({ length: 201 }, (_, n) => entry('delete', `d${n}`));
    expect([...thrownAway(nothing, many).keys()]).toEqual(many.slice(1).map(({ ops }) => ops[0]?.id));
  });
});
