import { afterEach, beforeEach, vi } from 'vitest';
import type { Sync } from './sync.ts';
import { type Browser, PretendedServer, settle, showBoard } from './testing.ts';

/** The server of the test that runs: a board with the deal d, titled A. */
export let server: PretendedServer;

const running: Sync[] = [];

/** Gives each test of a file a server of its own, on a clock that stands still. */
export function withOneDeal(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
    server = new PretendedServer({ t: 'deal', id: 'd', v: 1, f: { title: 'A', stageId: 's1' } });
  });
  afterEach(() => {
    for (const sync of running.splice(0)) sync.stop();
    vi.useRealTimers();
  });
}

/** A tab that shows the board, its socket open; it ends with the test. */
export async function openTab(...browser: Browser) {
  const tab = await showBoard(server, ...browser);
  running.push(tab.sync);
  return tab;
}

/** Has a tab edit the deal while nobody answers, and then lets the network and the browser come back. */
export async function editWhileAway({ sync, wake }: Awaited<ReturnType<typeof openTab>>): Promise<void> {
  server.decide = () => 'unreachable';
  void edit(sync, 'mine');
  await settle();
  server.decide = () => 'commit';
  wake();
  await settle();
}

/** The title of a deal as this tab shows it. */
export const title = (sync: Sync, id = 'd') => sync.store.getState().records.get(id)?.fields['title'];

/** Gives a deal another title, based on the version that this tab shows. */
export const edit = (sync: Sync, newTitle: string, id = 'd') =>
  sync.run({
    name: 'record.edit',
    args: { id, basedOn: sync.store.getState().records.get(id)?.version ?? 0, values: { title: newTitle } },
    label: `now ${newTitle}`,
  });
