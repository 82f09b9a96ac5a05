import { describe, expect, it, vi } from 'vitest';
import type { Problem, WireRecord } from '../api/wire.ts';
import { edit, editWhileAway, openTab, server, title, withOneDeal } from './oneDeal.ts';
import { memoryStorage } from './storage.ts';
import type { Sync } from './sync.ts';
import { PretendedChannel, settle, type Verdict } from './testing.ts';

const deal = (id: string, f: Record<string, unknown>): WireRecord => ({ t: 'deal', id, v: 1, f });
const conflict: Problem = {
  type: 'about:blank',
  title: '',
  status: 409,
  code: 'conflict',
  reason: 'conflict',
  current: deal('d', { title: 'theirs' }),
};

withOneDeal();

describe('the own command', () => {
  it('shows at once, before anybody answers', async () => {
    const { sync } = await openTab();
    server.decide = () => 'unreachable';
    void edit(sync, 'mine');
    expect(title(sync)).toBe('mine');
  });

  it('is settled by the answer and offers its undo', async () => {
    const { sync } = await openTab();
    const outcome = await edit(sync, 'mine');
    await settle();
    expect(outcome.ok).toBe(true);
    expect(sync.store.getState()).toMatchObject({ pending: [], undoable: [{ offset: 1, label: 'now mine' }] });
  });

  it('stays on the screen when its entry comes before the answer', async () => {
    const { sync } = await openTab();
    const seen: unknown[] = [];
    sync.store.subscribe(() => seen.push(title(sync)));
    await edit(sync, 'mine');
    await settle();
    expect(new Set(seen)).toEqual(new Set(['mine']));
  });

  it('stays on the screen over a change of another field by somebody else', async () => {
    const { sync } = await openTab();
    server.decide = () => 'unreachable';
    void edit(sync, 'mine');
    await settle();
    server.change('d', { stageId: 's2', title: 'theirs' });
    expect(sync.store.getState().records.get('d')?.fields).toMatchObject({ title: 'mine', stageId: 's2' });
  });

  it('[SL7] is settled by its place in the log when its entry is hidden from its giver', async () => {
    const { sync } = await openTab();
    server.hideOwn = true;
    server.socket.muted = true;
    await edit(sync, 'mine');
    await settle();
    expect([title(sync), sync.store.getState().pending[0]?.state]).toEqual(['mine', 'done']);
    server.socket.muted = false;
    server.socket.catchUp();
    expect([title(sync), sync.store.getState().pending]).toEqual(['A', []]);
  });

  it('[M5] goes back when it is refused, to what the others made of it, and says both values', async () => {
    const { sync } = await openTab();
    server.decide = () => conflict;
    const answer = edit(sync, 'mine');
    server.change('d', { title: 'theirs' });
    expect(await answer).toMatchObject({ ok: false, problem: { reason: 'conflict' } });
    expect(title(sync)).toBe('theirs');
    const [refused] = sync.store.getState().pending;
    expect(refused).toMatchObject({
      state: 'refused',
      wanted: { title: 'mine' },
      problem: { current: { f: { title: 'theirs' } } },
    });
    sync.dismiss(refused?.commandId ?? '');
    expect(sync.store.getState().pending).toEqual([]);
  });

  it('[M12] takes back only itself: a second, good command stays', async () => {
    const { sync } = await openTab();
    server.decide = (_name, { values }) => ((values as Record<string, unknown>)['title'] === 'bad' ? conflict : 'commit');
    const bad = edit(sync, 'bad');
    const good = sync.run({ name: 'record.edit', args: { id: 'd', basedOn: 1, values: { stageId: 's9' } } });
    await Promise.all([bad, good]);
    await settle();
    expect(sync.store.getState().records.get('d')?.fields).toMatchObject({ title: 'A', stageId: 's9' });
  });

  it('leaves no notice when its caller shows the refusal', async () => {
    const { sync } = await openTab();
    server.decide = () => conflict;
    await sync.run({ name: 'record.edit', args: { id: 'd', values: { title: 'x' } }, refusal: 'caller' });
    await settle();
    expect(sync.store.getState().pending).toEqual([]);
  });

  it('leaves a notice when its caller is gone by the time it is refused', async () => {
    const { sync } = await openTab();
    let here = true;
    server.decide = () => conflict;
    server.holdAnswers = true;
    const request = { name: 'record.edit', args: { id: 'd', values: { title: 'x' } }, refusal: 'caller' } as const;
    const outcome = sync.run(request, () => here);
    await settle();
    here = false;
    await server.release();
    await outcome;
    expect(sync.store.getState().pending).toMatchObject([{ state: 'refused', type: 'deal', wanted: { title: 'x' } }]);
  });

  it('is based on the own one before it, though that was not answered yet', async () => {
    const { sync } = await openTab();
    await Promise.all([edit(sync, 'one'), edit(sync, 'two')]);
    expect(server.sent.map(({ body }) => body['basedOn'])).toEqual([1, 2]);
  });

  it('is based on the own one before it, given while that was on its way', async () => {
    const { sync } = await openTab();
    server.holdAnswers = true;
    server.socket.muted = true; // the stream is late
    void edit(sync, 'one');
    await settle();
    void edit(sync, 'two');
    void edit(sync, 'three');
    await settle();
    await server.release();
    await vi.advanceTimersByTimeAsync(1);
    expect(server.sent.map(({ body }) => body['basedOn'])).toEqual([1, 2, 3]);
  });

  it('is taken back by undo', async () => {
    const { sync } = await openTab();
    await edit(sync, 'mine');
    await settle();
    await sync.undo();
    expect(server.sent.at(-1)).toMatchObject({ name: 'undo', body: { offset: 1 } });
    expect(sync.store.getState().undoable).toEqual([]);
  });

  it('says which change an undo could not take back, until the page is loaded again', async () => {
    const storage = memoryStorage();
    const { sync } = await openTab(storage);
    await edit(sync, 'mine');
    await settle();
    server.decide = () => conflict;
    await sync.undo();
    expect(sync.store.getState().pending).toMatchObject([{ state: 'refused', name: 'undo', undoes: 'now mine' }]);
    sync.stop();
    const again = await openTab(storage);
    await settle();
    expect(again.sync.store.getState().pending).toEqual([]);
  });

  it('offers its undo at once, and no more when it is refused', async () => {
    const { sync } = await openTab();
    server.decide = () => conflict;
    const outcome = edit(sync, 'mine');
    expect(sync.store.getState().undoable).toMatchObject([{ label: 'now mine' }]);
    await outcome;
    expect(sync.store.getState().undoable).toEqual([]);
  });
});

describe('a command whose outcome is unknown', () => {
  it.each<[string, Verdict]>([
    ['is sent again under the same commandId after no answer', 'unreachable'],
    ['is sent again under the same commandId after a lost answer', 'lost'],
    ['is sent again after "unavailable"', { ...conflict, status: 503 }],
    ['is sent again after "too fast"', { ...conflict, status: 429 }],
  ])('%s', async (_name, verdict) => {
    const { sync } = await openTab();
    server.decide = () => verdict;
    const outcome = edit(sync, 'mine');
    await settle();
    server.decide = () => 'commit';
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await outcome).ok).toBe(true);
    expect(new Set(server.sent.map(({ body }) => body['commandId'])).size).toBe(1);
    expect(server.log).toHaveLength(1);
    expect(title(sync)).toBe('mine');
  });

  it('[M2] survives a reload', async () => {
    const storage = memoryStorage();
    const { sync } = await openTab(storage);
    server.decide = () => 'unreachable';
    void edit(sync, 'mine');
    await settle();
    sync.stop();

    const again = (await openTab(storage)).sync;
    expect(title(again)).toBe('mine');
    server.decide = () => 'commit';
    await vi.advanceTimersByTimeAsync(20_000);
    expect(server.records.get('d')?.f['title']).toBe('mine');
    expect(await storage.all('me')).toEqual([]);
  });

  it('is sent when the browser is back, without waiting for the timer', async () => {
    await editWhileAway(await openTab());
    expect(server.log).toHaveLength(1);
  });

  it('does not block for ever on a fault of the server', async () => {
    const { sync } = await openTab();
    server.decide = () => ({ ...conflict, status: 500, code: 'internal' });
    const outcome = edit(sync, 'mine');
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await outcome).ok).toBe(false);
  });

  it('[M6] is answered also when another tab of the browser has sent it', async () => {
    const storage = memoryStorage();
    const channel = new PretendedChannel();
    const one = (await openTab(storage, channel)).sync;
    const two = await openTab(storage, channel);
    server.decide = () => 'unreachable';
    const outcome = edit(one, 'mine');
    await settle();
    server.decide = () => 'commit';
    two.wake(); // sends all that waits, also the other tab's
    await settle();
    expect((await outcome).ok).toBe(true);
    expect(one.store.getState().pending).toEqual([]);
  });
});

describe('the stream', () => {
  it('[SL6] connects again from its position after a gap', async () => {
    const { sync } = await openTab();
    server.socket.muted = true;
    server.change('d', { title: 'B' });
    server.change('d', { title: 'C' });
    server.socket.range(1, 2);
    expect(title(sync)).toBe('A');
    server.sockets.at(-1)?.open();
    expect(server.sockets.at(-1)?.heard[0]).toMatchObject({ type: 'hello', position: { epoch: 'e1', offset: 0 } });
    expect(title(sync)).toBe('C');
  });

  it('[SL6] applies nothing twice', async () => {
    const { sync } = await openTab();
    server.change('d', { title: 'B' });
    server.change('d', { title: 'C' });
    server.socket.range(0, 1);
    expect(title(sync)).toBe('C');
  });

  it('[SL20] connects again when a heartbeat is ahead of what came', async () => {
    await openTab();
    server.socket.tell({ type: 'heartbeat', offset: 7, time: '' });
    expect(server.sockets).toHaveLength(2);
  });

  it('says who changed a record', async () => {
    const { sync } = await openTab();
    server.change('d', { title: 'B' }, 'anna');
    expect(sync.store.getState().lastHands.get('d')).toMatchObject({ by: 'anna' });
  });

  it('keeps in mind whose hands were on what is here, and nothing else', async () => {
    const { sync } = await openTab();
    server.change('d', { title: 'B' }, 'anna');
    server.change('d', null, 'anna');
    server.socket.tell({
      type: 'entries',
      epoch: 'e1',
      after: 2,
      upTo: 3,
      entries: [{ offset: 3, at: '', by: 'anna', command: 'x', ops: [{ op: 'set', t: 'deal', id: 'elsewhere', v: 2, f: {} }] }],
    });
    expect([...sync.store.getState().lastHands.keys()]).toEqual([]);
  });

  it('tells what this tab shows, once welcome and when it changes', async () => {
    const { sync } = await openTab();
    sync.watch({ boardId: 'b' });
    sync.watch({ boardId: 'b' });
    expect(server.socket.heard.filter(({ type }) => type === 'watch')).toMatchObject([{ boardId: '' }, { boardId: 'b' }]);
  });
});

describe('the live badge', () => {
  it('is live only after a welcome and a moment of silence', async () => {
    const { sync } = await openTab();
    expect(sync.store.getState().live).toBe('catchingUp');
    await vi.advanceTimersByTimeAsync(400);
    expect(sync.store.getState().live).toBe('live');
  });

  it('is not live when heartbeats stay away', async () => {
    const { sync } = await openTab();
    await vi.advanceTimersByTimeAsync(400);
    await vi.advanceTimersByTimeAsync(14_000);
    expect(sync.store.getState().live).not.toBe('live');
    expect(server.sockets.length).toBeGreaterThan(1);
  });

  it('is not live when the server itself does not know whether it is current', async () => {
    const { sync } = await openTab();
    await vi.advanceTimersByTimeAsync(400);
    server.socket.tell({ type: 'heartbeat', offset: server.log.length, time: '', ageMs: 61_000 });
    expect(sync.store.getState()).toMatchObject({ live: 'catchingUp', provenAt: sync.now() - 61_000 });
    server.socket.tell({ type: 'heartbeat', offset: server.log.length, time: '' });
    expect(sync.store.getState().live).toBe('live');
  });

  it('is offline while nobody answers', async () => {
    const { sync } = await openTab();
    server.socket.cut();
    await vi.advanceTimersByTimeAsync(300);
    server.sockets.at(-1)?.cut();
    expect(sync.store.getState().live).toBe('offline');
  });
});

describe('the end of a session', () => {
  it.each<[string, (sync: Sync) => Promise<unknown> | unknown]>([
    ['[SL24] by the server wipes everything', () => server.socket.cut(4501)],
    ['by signing out wipes everything', (sync) => sync.signOut()],
    [
      'by a refused request wipes everything',
      (sync) => {
        server.signedIn = false;
        return sync.client.get('/devices').catch(() => undefined);
      },
    ],
  ])('%s', async (_name, end) => {
    const storage = memoryStorage();
    const { sync } = await openTab(storage);
    server.decide = () => 'unreachable';
    void edit(sync, 'mine');
    await settle();
    await end(sync);
    await settle();
    expect(sync.store.getState()).toMatchObject({ session: 'signedOut', userId: '', pending: [], views: {} });
    expect(sync.store.getState().records.size).toBe(0);
    expect(await storage.all('me')).toEqual([]);
  });

  it('reaches the other tabs', async () => {
    const channel = new PretendedChannel();
    const one = (await openTab(memoryStorage(), channel)).sync;
    const two = (await openTab(memoryStorage(), channel)).sync;
    await one.signOut();
    expect(two.store.getState().session).toBe('signedOut');
  });

  it('[SL25] keeps its data when another tab took its place', async () => {
    const storage = memoryStorage();
    const { sync } = await openTab(storage);
    server.decide = () => 'unreachable';
    void edit(sync, 'mine');
    await settle();
    server.socket.cut(4509);
    expect(sync.store.getState().session).toBe('replaced');
    expect(await storage.all('me')).toHaveLength(1);
  });
});

describe('who else is here', () => {
  it('is the last list, with how many there are beyond it, and nobody without a connection', async () => {
    const { sync } = await openTab();
    const paul = { userId: 'paul', screen: 'p' };
    const told = () => (({ presence, presenceMore }) => ({ presence, presenceMore }))(sync.store.getState());
    server.socket.tell({ type: 'presence', people: [paul], more: 974 });
    expect(told()).toEqual({ presence: [paul], presenceMore: 974 });
    server.socket.tell({ type: 'presence', people: [paul] });
    expect(told()).toEqual({ presence: [paul], presenceMore: 0 });
    server.socket.tell({ type: 'presence', people: [paul], more: 3 });
    server.socket.cut();
    expect(told()).toEqual({ presence: [], presenceMore: 0 });
  });
});
