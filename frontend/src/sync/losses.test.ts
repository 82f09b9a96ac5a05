import { describe, expect, it, vi } from 'vitest';
import type { Problem } from '../api/wire.ts';
import { edit, editWhileAway, openTab, server, title, withOneDeal } from './oneDeal.ts';
import { memoryStorage, safeStorage } from './storage.ts';
import { settle } from './testing.ts';
import type { CommandRequest } from './types.ts';

withOneDeal();

describe('what waits to be sent', () => {
  it('[M3] is sent, once and in its order, also when the browser threw its store away meanwhile', async () => {
    const storage = memoryStorage();
    const { sync, wake } = await openTab(storage);
    server.decide = () => 'unreachable';
    void edit(sync, 'one');
    void edit(sync, 'two');
    await settle();
    await storage.wipe();
    expect(sync.store.getState().pending).toHaveLength(2);
    void edit(sync, 'three');
    await settle();
    server.sent.length = 0;
    server.decide = () => 'commit';
    wake();
    for (let i = 0; i < 5; i++) await settle();
    expect(server.sent.map(({ body }) => (body['values'] as { title: string }).title)).toEqual(['one', 'two', 'three']);
    expect(sync.store.getState().pending).toEqual([]);
  });

  it('[M3] taken back before its store was thrown away it is taken back all the same', async () => {
    const storage = memoryStorage();
    const { sync, wake } = await openTab(storage);
    server.decide = () => 'unreachable';
    void edit(sync, 'mine');
    await settle();
    await sync.undo();
    await storage.wipe();
    wake();
    await settle();
    expect(await storage.all('me')).toMatchObject([{ takenBack: true }]);
  });

  it('[M3] thrown away between two visits it is gone, and nothing says that it was sent', async () => {
    const storage = memoryStorage();
    const { sync } = await openTab(storage);
    server.decide = () => 'unreachable';
    void edit(sync, 'mine');
    await settle();
    expect(sync.store.getState().pending).toMatchObject([{ state: 'waiting' }]); // he was told
    sync.stop();
    await storage.wipe();
    server.decide = () => 'commit';
    const again = (await openTab(storage)).sync;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(title(again)).toBe('A');
    expect(again.store.getState()).toMatchObject({ pending: [], undoable: [] });
    expect(server.log).toEqual([]);
  });

  it('[M4] is sent where the browser keeps nothing, and the state says that a reload would lose it', async () => {
    const no = () => Promise.reject(new DOMException('no', 'SecurityError'));
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const tab = await openTab(safeStorage({ all: no, put: no, remove: no, wipe: no }));
    expect(tab.sync.store.getState().keepsUnsent).toBe(false);
    await editWhileAway(tab);
    expect(server.log).toHaveLength(1);
    expect(tab.sync.store.getState().pending).toEqual([]);
  });

  it.each([
    ['is set back by days', -3 * 86_400_000],
    ['stands still', 0],
  ])('[M15] is sent in the order it was given when the clock %s meanwhile', async (_name, step) => {
    const storage = memoryStorage();
    const { sync, wake } = await openTab(storage);
    server.decide = () => 'unreachable';
    const given = ['a', 'b', 'c', 'd', 'e'];
    for (const name of given) {
      void edit(sync, name);
      vi.setSystemTime(Date.now() + step);
    }
    await settle();
    server.sent.length = 0;
    server.decide = () => 'commit';
    wake();
    for (const _ of given) await settle();
    expect(server.sent.map(({ body }) => (body['values'] as { title: string }).title)).toEqual(given);
  });
});

describe('[M5] what was done without a network and is refused when it is sent', () => {
  const refusal = (status: number, code: string, reason: string, fields?: Problem['fields']): Problem => ({
    type: 'about:blank',
    title: '',
    status,
    code,
    reason,
    ...(fields && { fields }),
  });
  const move = { name: 'deal.move', args: { id: 'd', basedOn: 1, stageId: 's2' }, label: 'A moved to Offer' };
  const comment = { name: 'comment.add', args: { id: 'c', recordId: 'd', text: 'They sign.' }, label: 'Comment on A added' };
  const write = { name: 'record.edit', args: { id: 'd', basedOn: 1, values: { title: 'mine' } }, label: 'Title of A' };
  const away = () => server.change('d', null);

  it.each<[string, CommandRequest, Problem, () => unknown]>([
    ['the right is gone', write, refusal(403, 'forbidden', 'forbidden'), () => {}],
    ['the right to see it is gone', write, refusal(404, 'not_found', 'not_found'), away],
    ['the stage is gone', move, refusal(400, 'invalid', 'invalid', { stageId: 'unknown_stage' }), () => {}],
    ['the record was deleted', write, refusal(404, 'not_found', 'not_found'), away],
    ['the record of a comment was deleted', comment, refusal(404, 'not_found', 'not_found'), away],
  ])('%s: told with its reason and its words, also after the next reload', async (_name, request, problem, meanwhile) => {
    const storage = memoryStorage();
    const { sync } = await openTab(storage);
    server.decide = () => 'unreachable';
    void sync.run({ ...request, refusal: 'caller' });
    await settle();
    sync.stop(); // two days later
    vi.setSystemTime(Date.now() + 2 * 86_400_000);
    meanwhile();
    server.decide = () => problem;
    const later = (await openTab(storage)).sync;
    await vi.advanceTimersByTimeAsync(1_000);
    const told = { state: 'refused', label: request.label, problem, args: request.args };
    expect(later.store.getState().pending).toMatchObject([told]);
    expect(later.store.getState().pending[0]?.wanted).not.toEqual({});
    expect(later.store.getState().records.get('d')?.fields).toEqual(server.records.get('d')?.f);
    expect(later.store.getState().records.has('c')).toBe(false);
    later.stop();
    const again = (await openTab(storage)).sync;
    await settle();
    expect(again.store.getState().pending).toMatchObject([told]);
    again.dismiss(again.store.getState().pending[0]?.commandId ?? '');
    expect(await storage.all('me')).toEqual([]);
    expect(server.log.filter(({ by }) => by === 'me')).toEqual([]);
  });

  it('what was done after it is sent all the same', async () => {
    const storage = memoryStorage();
    const { sync, wake } = await openTab(storage);
    server.decide = () => 'unreachable';
    void sync.run(move);
    void edit(sync, 'mine');
    await settle();
    server.decide = (name) =>
      name === 'deal.move' ? refusal(400, 'invalid', 'invalid', { stageId: 'unknown_stage' }) : 'commit';
    wake();
    for (let i = 0; i < 3; i++) await settle();
    expect(title(sync)).toBe('mine');
    expect(sync.store.getState().pending).toMatchObject([{ name: 'deal.move', state: 'refused' }]);
    expect(sync.store.getState().records.get('d')?.fields['stageId']).toBe('s1');
  });
});

describe('the stream', () => {
  it.each([
    ['is cut there', false],
    ['ends there', true],
  ])('[B17] [SL6] is complete again after a frame that %s, wherever that is', async (_name, arrives) => {
    const { sync } = await openTab();
    let bytes = 0;
    for (let at = 0; at <= bytes; at++) {
      const socket = server.socket;
      socket.muted = true;
      const before = server.log.length;
      server.change('d', { title: `Ñandú ${at}`, nextStep: `步驟 ${at}` });
      const frame = new TextEncoder().encode(JSON.stringify(socket.frame(before, server.log.length)));
      bytes = frame.length - 1;
      // A browser hands over whole messages only; a broken proxy may do as it likes.
      if (arrives) socket.say(new TextDecoder().decode(frame.subarray(0, at)));
      socket.cut();
      expect(title(sync)).toBe(at === 0 ? 'A' : `Ñandú ${at - 1}`);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(server.sockets.filter(({ state }) => state !== 'closed')).toHaveLength(1);
      server.sockets.at(-1)?.open();
      await settle();
      expect(sync.store.getState().records.get('d')).toMatchObject({
        version: server.records.get('d')?.v,
        fields: server.records.get('d')?.f,
      });
    }
    expect(bytes).toBeGreaterThan(150);
  });
});
