import { describe, expect, it } from 'vitest';
import type { EntriesFrame, Entry, Mode, Position, Welcome } from '../api/wire.ts';
import { follow, greet, reached } from './follow.ts';

const seen: Position = { epoch: 'e1', offset: 4 };

function range(after: number, upTo: number, offsets: readonly number[], epoch = 'e1'): EntriesFrame {
  const entries = offsets.map((offset): Entry => ({ offset, at: '', command: 'record.edit', ops: [] }));
  return { type: 'entries', epoch, after, upTo, entries };
}

function welcome(mode: Mode, offset: number, epoch = 'e1'): Welcome {
  return {
    type: 'welcome',
    protocol: 1,
    mode,
    position: { epoch, offset },
    audience: 'a',
    serverTime: '',
    heartbeatMs: 5_000,
    build: '',
  };
}

describe('follow', () => {
  it.each([
    ['[SL6] applies the next range', range(4, 6, [5, 6]), 'apply'],
    ['[SL7] moves on when every entry is hidden', range(4, 6, []), 'apply'],
    ['[SL6] skips what it has seen', range(2, 4, [3, 4]), 'nothing'],
    ['[SL4] applies the fresh tail of an overlap', range(3, 5, [4, 5]), 'apply'],
    ['[SL6] connects again on a gap', range(5, 6, [6]), 'reconnect'],
    ['[SL2] connects again on another epoch', range(4, 5, [5], 'e2'), 'reconnect'],
    ['[SL2] also when its offset is lower', range(0, 1, [1], 'e2'), 'reconnect'],
  ])('%s', (_name, frame, expected) => {
    expect(follow(seen, frame).do).toBe(expected);
  });

  it('[SL4] leaves out the entries of an overlap that it has seen', () => {
    expect(follow(seen, range(3, 6, [4, 5, 6]))).toMatchObject({
      entries: [{ offset: 5 }, { offset: 6 }],
      position: { epoch: 'e1', offset: 6 },
    });
  });
});

describe('greet', () => {
  it.each([
    ['[SL4] goes on after a replay', seen, welcome('replay', 4), 'nothing'],
    ['[SL4] goes on when the frames begin before its position', seen, welcome('replay', 3), 'nothing'],
    ['[SL4] replaces everything on a snapshot', seen, welcome('snapshot', 9), 'snapshot'],
    ['[SL30] replaces everything on another epoch', seen, welcome('snapshot', 1, 'e2'), 'snapshot'],
    ['[SL4] never goes on over a gap, whatever the mode says', seen, welcome('replay', 5), 'snapshot'],
    ['[SL2] never goes on into another epoch, whatever the mode says', seen, welcome('replay', 4, 'e2'), 'snapshot'],
    ['[SL4] loads when it has nothing', null, welcome('replay', 0), 'snapshot'],
  ])('%s', (_name, at, message, expected) => {
    expect(greet(at, message).do).toBe(expected);
  });
});

it.each([
  ['has reached what lies before', { epoch: 'e1', offset: 4 }, true],
  ['has not reached what comes', { epoch: 'e1', offset: 5 }, false],
  ['[SL2] has not reached anything of another epoch', { epoch: 'e2', offset: 1 }, false],
])('%s', (_name, target, expected) => {
  expect(reached(seen, target)).toBe(expected);
});
