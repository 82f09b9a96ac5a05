import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CommandResult } from '../api/wire.ts';
import { OwnWrites } from './outbox.ts';
import { browserStorage, memoryStorage, type OutboxStorage, safeStorage } from './storage.ts';
import type { PendingCommand } from './types.ts';

function command(commandId: string, args: Record<string, unknown> = { id: 'd', basedOn: 1 }, userId = 'me'): PendingCommand {
  return { commandId, userId, name: 'record.edit', args, effects: [], label: '', givenAt: 0, state: 'waiting', wanted: {} };
}

function result(id: string, v: number): CommandResult {
  return { position: { epoch: 'e', offset: 9 }, offset: 9, records: [{ t: 'deal', id, v, f: {} }] };
}

describe('a command given on top of unanswered ones', () => {
  type Before = [args: Record<string, unknown>, answer: CommandResult];
  it.each<[string, Before[], Record<string, unknown>, number]>([
    ['is based on the result of the one before', [[{ id: 'd', basedOn: 1 }, result('d', 2)]], { id: 'd', basedOn: 1 }, 2],
    [
      'is based on the result of the last one',
      [
        [{ id: 'd', basedOn: 1 }, result('d', 2)],
        [{ id: 'd', basedOn: 2 }, result('d', 3)],
      ],
      { id: 'd', basedOn: 1 },
      3,
    ],
    [
      'is based on the record that the first one makes',
      [[{ id: 'd', type: 'deal' }, result('d', 1)]],
      { id: 'd', basedOn: 0 },
      1,
    ],
    [
      'keeps its base when somebody else wrote in between',
      [[{ id: 'd', basedOn: 1 }, result('d', 3)]],
      { id: 'd', basedOn: 1 },
      1,
    ],
    [
      'keeps it when somebody else wrote between two own ones',
      [
        [{ id: 'd', basedOn: 1 }, result('d', 2)],
        [{ id: 'd', basedOn: 3 }, result('d', 4)],
      ],
      { id: 'd', basedOn: 1 },
      1,
    ],
    ['keeps its base when that was newer already', [[{ id: 'd', basedOn: 1 }, result('d', 2)]], { id: 'd', basedOn: 4 }, 4],
    [
      'keeps its base when the first was about another record',
      [[{ id: 'x', basedOn: 1 }, result('x', 2)]],
      { id: 'd', basedOn: 1 },
      1,
    ],
    [
      'keeps its base when the answer does not show the record',
      [[{ id: 'd', basedOn: 1 }, result('x', 2)]],
      { id: 'd', basedOn: 1 },
      1,
    ],
  ])('%s', (_name, before, args, want) => {
    const own = new OwnWrites();
    for (const [given, answer] of before) own.note(command('1', given), answer);
    expect(own.based(command('2', args)).args['basedOn']).toBe(want);
  });
});

describe.each<[string, () => OutboxStorage]>([
  ['IndexedDB', browserStorage],
  ['memory', memoryStorage],
])('the storage in %s', (_name, open) => {
  let storage: OutboxStorage;

  beforeEach(async () => {
    storage = open();
    await storage.wipe();
  });

  it('gives commands back in the order they were given', async () => {
    for (const id of ['2', '3', '1']) await storage.put(command(id));
    expect((await storage.all('me')).map(({ commandId }) => commandId)).toEqual(['1', '2', '3']);
  });

  it('keeps the commands of two people apart', async () => {
    await storage.put(command('1'));
    await storage.put(command('2', {}, 'you'));
    expect(await storage.all('you')).toHaveLength(1);
  });

  it('replaces a command, and forgets one', async () => {
    await storage.put(command('1'));
    await storage.put({ ...command('1'), state: 'refused' });
    expect((await storage.all('me')).map(({ state }) => state)).toEqual(['refused']);
    await storage.remove('1');
    expect(await storage.all('me')).toEqual([]);
  });

  it('forgets everything of everybody', async () => {
    await storage.put(command('1'));
    await storage.put(command('2', {}, 'you'));
    await storage.wipe();
    expect([...(await storage.all('me')), ...(await storage.all('you'))]).toEqual([]);
  });
});

it('is shared by two tabs in IndexedDB', async () => {
  const [one, two] = [browserStorage(), browserStorage()];
  await one.put(command('1'));
  expect(await two.all('me')).toHaveLength(1);
});

it('goes on in memory where the browser keeps nothing', async () => {
  const broken: OutboxStorage = {
    all: () => Promise.reject(new Error('denied')),
    put: () => Promise.reject(new Error('denied')),
    remove: () => Promise.reject(new Error('denied')),
    wipe: () => Promise.reject(new Error('denied')),
  };
  const storage = safeStorage(broken);
  await storage.put(command('1'));
  expect(await storage.all('me')).toHaveLength(1);
});
