import { describe, expect, it, vi } from 'vitest';
import type { Problem } from '../api/wire.ts';
import { edit, openTab, server, title, withOneDeal } from './oneDeal.ts';
import { memoryStorage } from './storage.ts';
import { settle } from './testing.ts';

const refusal: Problem = { type: 'about:blank', title: '', status: 409, code: 'conflict', reason: 'conflict' };

withOneDeal();

describe('a command that is taken back before there is an answer', () => {
  const undone = () => server.sent.filter(({ name }) => name === 'undo').map(({ body }) => body['offset']);

  it('is off the screen at once, and undone as soon as it is committed', async () => {
    const { sync } = await openTab();
    server.decide = () => 'unreachable';
    void edit(sync, 'mine');
    const seen: unknown[] = [];
    const takenBack = sync.undo();
    sync.store.subscribe(() => seen.push(title(sync)));
    await takenBack;
    expect(title(sync)).toBe('A');
    server.decide = (name) => (name === 'undo' ? 'unreachable' : 'commit');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(new Set(undone())).toEqual(new Set([1]));
    expect(new Set(seen), 'it does not flash when it is committed').toEqual(new Set(['A']));
  });

  it('is undone by its entry where the answer was lost', async () => {
    const { sync } = await openTab();
    server.decide = () => 'lost';
    void edit(sync, 'mine');
    await settle();
    expect(title(sync), 'its entry has arrived').toBe('mine');
    server.decide = () => 'commit';
    const undo = sync.undo();
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await undo)?.ok).toBe(true);
    expect(undone()).toEqual([1]);
  });

  it('is undone when it is sent after a reload', async () => {
    const storage = memoryStorage();
    const before = await openTab(storage);
    server.decide = () => 'unreachable';
    void edit(before.sync, 'mine');
    await settle();
    await before.sync.undo();
    before.sync.stop();
    server.decide = () => 'commit';
    const { sync } = await openTab(storage);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(undone()).toEqual([1]);
    expect(sync.store.getState().pending).toEqual([]);
  });

  it('needs no undo when it is refused, and says nothing', async () => {
    const { sync } = await openTab();
    server.decide = () => 'unreachable';
    void edit(sync, 'mine');
    await sync.undo();
    server.decide = () => refusal;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(undone()).toEqual([]);
    expect(sync.store.getState().pending).toEqual([]);
  });
});
