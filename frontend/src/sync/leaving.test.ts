import { describe, expect, it, vi } from 'vitest';
import { openTab, server, withOneDeal } from './oneDeal.ts';
import { memoryStorage } from './storage.ts';
import { PretendedChannel, settle } from './testing.ts';

withOneDeal();

describe('signing out', () => {
  it('[M11] without a network forgets at once, and ends the session when the server is there again', async () => {
    const [storage, channel] = [memoryStorage(), new PretendedChannel()];
    const { sync } = await openTab(storage, channel);
    server.reachable = false;
    void sync.signOut();
    expect(sync.store.getState()).toMatchObject({ session: 'signedOut', userId: '' });
    await settle();
    expect(await storage.all('me')).toEqual([]);
    sync.stop(); // the page is loaded again
    const again = (await openTab(storage, channel)).sync;
    expect(again.store.getState().session).toBe('signedOut');
    server.reachable = true;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.sessions).toEqual(['DELETE']);
    expect(again.store.getState().session).toBe('signedOut');
  });

  it('[M11] ends the session that the server has not heard of before somebody else signs in, and not his', async () => {
    const { sync } = await openTab();
    server.reachable = false;
    await sync.signOut();
    server.reachable = true;
    await sync.enter('/session', {});
    expect(sync.store.getState().session).toBe('signedIn');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(server.sessions).toEqual(['DELETE', 'POST']);
    expect(sync.store.getState().session).toBe('signedIn');
  });

  it('[M11] lets nobody in while the server cannot end the session before', async () => {
    const { sync } = await openTab();
    server.endRefused = 503;
    await sync.signOut();
    await expect(sync.enter('/session', {})).rejects.toMatchObject({ problem: { code: 'unreachable' } });
    expect(server.sessions).toEqual([]);
    server.endRefused = undefined;
    await sync.enter('/session', {});
    expect(server.sessions).toEqual(['DELETE', 'POST']);
    expect(sync.store.getState().session).toBe('signedIn');
  });

  it('[M11] is told once by several tabs, and by none after somebody has come', async () => {
    const channel = new PretendedChannel();
    const one = await openTab(memoryStorage(), channel);
    const two = await openTab(memoryStorage(), channel);
    server.reachable = false;
    await one.sync.signOut();
    expect(two.sync.store.getState().session).toBe('signedOut');
    server.reachable = true;
    one.wake();
    two.wake();
    const came = one.sync.enter('/session', {});
    two.wake();
    await came;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(server.sessions).toEqual(['DELETE', 'POST']);
    expect(one.sync.store.getState().session).toBe('signedIn');
  });
});
