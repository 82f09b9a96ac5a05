import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../api/client.ts';
import type { CommandResult } from '../api/wire.ts';
import { Outbox, OwnVersions } from './outbox.ts';
import { browserStorage, memoryStorage, type OutboxStorage, safeStorage } from './storage.ts';
import type { PendingCommand } from './types.ts';

function command(commandId: string, args: Record<string, unknown> = { id: 'd', basedOn: 1 }, userId = 'me'): PendingCommand {
  return { commandId, userId, name: 'record.edit', args, effects: [], label: '', givenAt: 0, state: 'waiting', wanted: {} };
}

function result(id: string, v: number): CommandResult {
  return { position: { epoch: 'e', offset: 9 }, offset: 9, records: [{ t: 'deal', id, v, f: {} }] };
}

describe('a command given on top of an unanswered one', () => {
  it.each([
    ['is based on its result', { id: 'd', basedOn: 1 }, { id: 'd', basedOn: 1 }, result('d', 2), 2],
    ['is based on the record that the first one makes', { id: 'd', basedOn: 0 }, { id: 'd', type: 'deal' }, result('d', 1), 1],
    ['keeps its base when somebody else wrote in between', { id: 'd', basedOn: 1 }, { id: 'd', basedOn: 1 }, result('d', 3), 1],
    ['keeps its base when that was newer already', { id: 'd', basedOn: 4 }, { id: 'd', basedOn: 1 }, result('d', 2), 4],
    [
      'keeps its base when the first was about another record',
      { id: 'd', basedOn: 1 },
      { id: 'x', basedOn: 1 },
      result('x', 2),
      1,
    ],
    [
      'keeps its base when the answer does not show the record',
      { id: 'd', basedOn: 1 },
      { id: 'd', basedOn: 1 },
      result('x', 2),
      1,
    ],
  ])('%s', (_name, args, before, answer, want) => {
    const own = new OwnVersions();
    own.note(command('1', before), answer);
    expect(own.rebase(command('2', args)).args['basedOn']).toBe(want);
  });
});

it("goes on from an undo of an own change, but not from one of somebody else's", () => {
  const own = new OwnVersions();
  own.note(command('1'), result('d', 2));
  own.note(command('2', { offset: 7 }), result('d', 3));
  own.note(command('3', { offset: 8 }), result('x', 9));
  expect(own.rebase(command('4', { id: 'd', basedOn: 2 })).args['basedOn']).toBe(3);
  expect(own.rebase(command('5', { id: 'x', basedOn: 8 })).args['basedOn']).toBe(8);
});

it('keeps its base when somebody else wrote between two own ones', () => {
  const own = new OwnVersions();
  own.note(command('1'), result('d', 2));
  own.note(command('2', { id: 'd', basedOn: 3 }), result('d', 4));
  expect(own.rebase(command('3', { id: 'd', basedOn: 2 })).args['basedOn']).toBe(2);
});

/** A server with one deal that takes a command only if it is based on the present version. */
function strictServer() {
  let version = 1;
  const sent: number[] = [];
  return {
    sent,
    send: async ({ args }: PendingCommand): Promise<CommandResult> => {
      sent.push(Number(args['basedOn']));
      if (args['basedOn'] !== version)
        throw new ApiError({ type: '', title: '', status: 409, code: 'conflict', reason: 'conflict' });
      version++;
      return result('d', version);
    },
  };
}

it('bases commands that are given faster than they are answered on each other, whenever they are given', async () => {
  const server = strictServer();
  const outcomes: boolean[] = [];
  const given = [command('4'), command('5', { id: 'd', basedOn: 2 })];
  const outbox = new Outbox({
    storage: memoryStorage(),
    random: () => 0,
    alone: (task) => task(),
    send: async (sending) => {
      const answer = await server.send(sending);
      // Given while the one before is under way, on top of what the screen knew then.
      const next = given.shift();
      if (next) await outbox.add(next);
      return answer;
    },
    onOutcome: (_command, { ok }) => outcomes.push(ok),
  });
  await outbox.begin('me');
  await Promise.all([outbox.add(command('1')), outbox.add(command('2')), outbox.add(command('3'))]);
  await outbox.flush();
  expect(outcomes).toEqual([true, true, true, true, true]);
  expect(server.sent).toEqual([1, 2, 3, 4, 5]);
});

it('bases a command anew that was given in the moment of an answer', async () => {
  const server = strictServer();
  const outcomes: boolean[] = [];
  const outbox = new Outbox({
    storage: memoryStorage(),
    random: () => 0,
    alone: (task) => task(),
    send: server.send,
    onOutcome: (_command, { ok }) => outcomes.push(ok),
  });
  await outbox.begin('me');
  await outbox.add(command('1'));
  await outbox.flush();
  await outbox.add(command('2')); // the screen had not seen the answer yet
  await outbox.flush();
  expect(outcomes).toEqual([true, true]);
});

it('sends again what it sent, not something else under the same id', async () => {
  const storage = memoryStorage();
  const server = strictServer();
  let lost = false;
  const outbox = new Outbox({
    storage,
    random: () => 0,
    alone: (task) => task(),
    send: (sending) => {
      if (lost) throw new ApiError({ type: '', title: '', status: 0, code: 'unknown', reason: 'outcome_unknown' });
      return server.send(sending);
    },
    onOutcome: () => {},
  });
  await outbox.begin('me');
  await outbox.add(command('1'));
  await outbox.flush();
  lost = true;
  await outbox.add(command('2'));
  await outbox.flush();
  outbox.stop();
  expect((await storage.all('me')).map(({ args }) => args['basedOn'])).toEqual([2]);
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

  it('[M8] keeps the commands of two people apart', async () => {
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

it('[M6] is shared by two tabs in IndexedDB', async () => {
  const [one, two] = [browserStorage(), browserStorage()];
  await one.put(command('1'));
  expect(await two.all('me')).toHaveLength(1);
});

describe('[M4] where the browser keeps nothing', () => {
  /** A browser that takes nothing while `full` is set, and one that gives nothing either while `closed` is. */
  function poorBrowser() {
    const kept = memoryStorage();
    const browser = { full: false, closed: false };
    const unless = async <T>(no: boolean, use: () => Promise<T>): Promise<T> => {
      if (no) throw new DOMException('no', 'QuotaExceededError');
      return use();
    };
    const storage = safeStorage({
      all: (userId) => unless(browser.closed, () => kept.all(userId)),
      put: (command) => unless(browser.closed || browser.full, () => kept.put(command)),
      remove: (commandId) => unless(browser.closed, () => kept.remove(commandId)),
      wipe: () => unless(browser.closed, () => kept.wipe()),
    });
    const said: boolean[] = [];
    storage.onKeeps?.((keeps) => said.push(keeps));
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    return { browser, kept, storage, said };
  }
  const ids = async (storage: OutboxStorage) => (await storage.all('me')).map(({ commandId }) => commandId);

  it('it goes on in memory, and says so before anything is given', async () => {
    const { browser, storage, said } = poorBrowser();
    browser.closed = true;
    expect(await storage.all('me')).toEqual([]);
    expect(said).toEqual([false]);
    await storage.put(command('1'));
    await storage.put(command('2', {}, 'you'));
    expect(await ids(storage)).toEqual(['1']);
    await storage.remove('1');
    expect(await ids(storage)).toEqual([]);
    expect(said).toEqual([false]);
  });

  it('what it took before its disk was full is still there, in its order, and can go', async () => {
    const { browser, storage, kept, said } = poorBrowser();
    await storage.put(command('1'));
    browser.full = true;
    await storage.put(command('2'));
    await storage.put({ ...command('1'), label: 'newer' });
    expect((await storage.all('me')).map(({ commandId, label }) => [commandId, label])).toEqual([
      ['1', 'newer'],
      ['2', ''],
    ]);
    expect(said).toEqual([false]);
    await storage.remove('1');
    expect([await ids(storage), await ids(kept)]).toEqual([['2'], []]);
  });

  it('it is told that all is kept again once nothing is held in memory alone', async () => {
    const { browser, storage, said } = poorBrowser();
    browser.full = true;
    await storage.put(command('1'));
    await storage.all('me');
    browser.full = false;
    await storage.put(command('2'));
    expect(said).toEqual([false]); // the first one would be lost
    await storage.remove('1');
    expect(said).toEqual([false, true]);
  });

  it('signing out forgets what memory holds, too', async () => {
    const { browser, storage } = poorBrowser();
    browser.closed = true;
    await storage.put(command('1'));
    await storage.wipe();
    expect(await ids(storage)).toEqual([]);
  });

  it('IndexedDB that was refused once is asked again', async () => {
    const open = vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('no', 'InvalidStateError');
    });
    const storage = browserStorage();
    await expect(storage.put(command('1'))).rejects.toThrow('no');
    open.mockRestore();
    await storage.wipe();
    await storage.put(command('1'));
    expect(await ids(storage)).toEqual(['1']);
  });
});

/** An outbox whose server does what the test says. */
function outboxThat(send: (command: PendingCommand) => Promise<CommandResult>) {
  const storage = memoryStorage();
  const outcomes: boolean[] = [];
  const outbox = new Outbox({
    storage,
    random: () => 0,
    alone: (task) => task(),
    send,
    onOutcome: (_command, { ok }) => outcomes.push(ok),
  });
  return { outbox, outcomes, waiting: async () => (await storage.all('me')).map(({ state }) => state) };
}

it('keeps what was given when the session has ended, for whoever signs in next decides', async () => {
  const problem = { type: '', title: '', status: 401, code: 'unauthenticated', reason: 'signed_out' };
  const { outbox, outcomes, waiting } = outboxThat(() => Promise.reject(new ApiError(problem)));
  await outbox.begin('me');
  await outbox.add(command('1'));
  await outbox.flush();
  expect(outcomes).toEqual([]);
  expect(await waiting()).toEqual(['waiting']);
  await outbox.begin('');
});

it('says nothing to the next person of an answer to the one before', async () => {
  const { outbox, outcomes, waiting } = outboxThat(async () => {
    await outbox.begin('');
    return result('d', 2);
  });
  await outbox.begin('me');
  await outbox.add(command('1'));
  await outbox.flush();
  expect(outcomes).toEqual([]);
  expect(await waiting()).toEqual(['waiting']); // sent again when he is back; the server knows it by its id
});
