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
