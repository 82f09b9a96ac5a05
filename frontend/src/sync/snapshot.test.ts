// A tab that is told to load everything again.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { WireRecord } from '../api/wire.ts';
import type { Sync } from './sync.ts';
import { PretendedServer, problem, settle, showBoard } from './testing.ts';

const deal = (id: string, f: Record<string, unknown>): WireRecord => ({ t: 'deal', id, v: 1, f });
let server: PretendedServer;
const running: Sync[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  server = new PretendedServer(deal('d', { title: 'A', stageId: 's1' }));
});

afterEach(() => {
  for (const sync of running.splice(0)) sync.stop();
  vi.useRealTimers();
});

async function openTab() {
  const tab = await showBoard(server);
  running.push(tab.sync);
  return tab;
}

const title = (sync: Sync, id = 'd') => sync.store.getState().records.get(id)?.fields['title'];

it('[B16] [SL4] keeps showing the old state until a snapshot is complete, then has the new one', async () => {
  const { sync } = await openTab();
  server.change('e', { title: 'E' });
  server.welcomeMode = 'snapshot';
  server.records.delete('d');
  server.holdLoads = true;
  server.socket.cut(4008);
  await vi.advanceTimersByTimeAsync(1_000);
  server.sockets.at(-1)?.open();
  await settle();
  expect([title(sync), sync.store.getState().live]).toEqual(['A', 'catchingUp']);
  server.change('e', { title: 'E2' }); // arrives while the snapshot is on its way
  await server.release();
  expect([title(sync), title(sync, 'e')]).toEqual([undefined, 'E2']);
});

it.each([[400], [404], [422], [500]])('[SL4] completes a snapshot though one view of it is answered with %i', async (status) => {
  const answer = server.fetch;
  server.fetch = async (input, init) => (String(input).includes('/records?') ? problem(status, 'gone') : answer(input, init));
  const { sync } = await openTab();
  sync.openView('/records?type=customer&after=x');
  server.records.set('d', deal('d', { title: 'B' }));
  server.welcomeMode = 'snapshot';
  server.socket.cut(4008);
  await vi.advanceTimersByTimeAsync(1_000);
  server.sockets.at(-1)?.open();
  await settle();
  expect([title(sync), server.sockets.length]).toEqual(['B', 2]);
});

it('[SL16] asks with the old audience until the snapshot for the new one is complete', async () => {
  await openTab();
  server.audience = 'a2';
  server.holdLoads = true;
  server.socket.cut();
  await vi.advanceTimersByTimeAsync(1_000);
  server.sockets.at(-1)?.open();
  await settle();
  server.fetch = async () => Promise.reject(new TypeError('network'));
  expect(server.sockets.at(-1)?.heard[0]).toMatchObject({ audience: 'a1' });
});

/** A tab that was offline while its person's rights changed; its loads can be made to fail. */
async function regrouped() {
  const answer = server.fetch;
  const network = { down: false };
  server.fetch = async (...request) => (network.down ? Promise.reject(new TypeError('network')) : answer(...request));
  const tab = await openTab();
  server.audience = 'a2';
  server.socket.cut();
  await vi.advanceTimersByTimeAsync(1_000);
  return { ...tab, network };
}

it.each([
  ['the loads take their time', { held: true, down: false }],
  ['nobody answers them', { held: false, down: true }],
])('[M9] [B14] [D33] shows nothing any more of what may have been lost while offline, though %s', async (_, { held, down }) => {
  const { sync, network } = await regrouped();
  sync.store.setState({ thrownAway: new Map([['gone', { by: 'other', at: 1, command: 'record.trash' }]]) });
  server.records.delete('d');
  server.holdLoads = held;
  network.down = down;
  server.sockets.at(-1)?.open();
  const painted = new Set([title(sync)]);
  sync.store.subscribe(() => painted.add(title(sync)));
  await vi.advanceTimersByTimeAsync(20_000);
  expect([...painted]).toEqual([undefined]);
  const { withdrawn, views, thrownAway } = sync.store.getState();
  expect([withdrawn, views['/boards/b']?.ids, thrownAway.size]).toEqual([true, [], 0]);
});

it('[M9] has what is still visible as soon as it is loaded, and loads it though the old rights are back', async () => {
  const { sync, network } = await regrouped();
  network.down = true;
  server.sockets.at(-1)?.open();
  await settle();
  expect(title(sync)).toBeUndefined();
  network.down = false;
  server.audience = 'a1';
  await vi.advanceTimersByTimeAsync(5_000);
  server.sockets.at(-1)?.open();
  await settle();
  expect([title(sync), sync.store.getState().withdrawn]).toEqual(['A', false]);
});

it('[SL30] replaces everything when the epoch changed', async () => {
  const { sync } = await openTab();
  server.epoch = 'e2';
  server.records.set('d', deal('d', { title: 'restored' }));
  server.socket.cut();
  await vi.advanceTimersByTimeAsync(1_000);
  server.sockets.at(-1)?.open();
  await settle();
  expect(title(sync)).toBe('restored');
});
