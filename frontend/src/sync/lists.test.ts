import { describe, expect, it, vi } from 'vitest';
import { openTab, server, withOneDeal } from './oneDeal.ts';
import { settle } from './testing.ts';

withOneDeal();

const search = (words: string) => `/records?type=deal&q=${words}`;

describe('[L7] a search as one types', () => {
  /** A tab whose loads are held back. */
  async function slowTab() {
    const { sync } = await openTab();
    server.loaded.length = 0;
    server.holdLoads = true;
    return { sync, view: (words: string) => sync.store.getState().views[search(words)] };
  }

  it('ends with the next letter: only the last answer is waited for', async () => {
    const { sync, view } = await slowTab();
    for (const words of ['h', 'ha']) sync.openView(search(words))();
    sync.openView(search('har'));
    await settle();
    await server.release();
    expect(server.loaded).toEqual([search('har')]);
    expect(view('har')).toMatchObject({ status: 'ready', ids: ['d'] });
  });

  it('ends when the page is left', async () => {
    const { sync } = await slowTab();
    sync.openView(search('h'))();
    await server.release();
    expect(server.loaded).toEqual([]);
  });

  it.each([
    ['at once', async () => {}],
    ['later', settle],
  ])('is made again for who goes back to its words %s', async (_name, pause) => {
    const { sync, view } = await slowTab();
    sync.openView(search('h'))();
    sync.openView(search('ha'))();
    await pause();
    sync.openView(search('h'));
    await settle();
    expect(view('h')?.status).toBe('loading');
    await server.release();
    expect(view('h')?.status).toBe('ready');
    expect(server.loaded).toEqual([search('h')]);
  });

  it('goes on while somebody else on this screen waits for it', async () => {
    const { sync, view } = await slowTab();
    const [leave] = [sync.openView(search('h')), sync.openView(search('h'))];
    leave();
    leave();
    await server.release();
    expect(view('h')?.status).toBe('ready');
  });

  it('does not hold up the snapshot that loads it', async () => {
    const { sync } = await openTab();
    const leave = sync.openView(search('h'));
    await settle();
    server.change('d', { title: 'B' });
    server.holdLoads = true;
    server.welcomeMode = 'snapshot';
    server.socket.cut();
    await vi.advanceTimersByTimeAsync(1_000);
    server.sockets.at(-1)?.open();
    await settle();
    leave();
    await server.release();
    await vi.advanceTimersByTimeAsync(400); // silence
    expect(sync.store.getState().live).toBe('live');
  });

  it('is loaded to its end where it is a board or a record', async () => {
    const { sync } = await slowTab();
    sync.openView('/records/d')();
    await settle();
    await server.release();
    expect(server.loaded).toEqual(['/records/d']);
  });
});
