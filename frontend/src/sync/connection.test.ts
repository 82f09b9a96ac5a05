import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bye, ByeReason, ServerMessage, Welcome } from '../api/wire.ts';
import { Connection, type SocketEvents } from './connection.ts';

const welcome: Welcome = {
  type: 'welcome',
  protocol: 1,
  mode: 'replay',
  position: { epoch: 'e', offset: 0 },
  audience: 'a',
  serverTime: '',
  heartbeatMs: 5_000,
  build: '',
};

/** A connection whose sockets the test opens, feeds and cuts. */
function connect() {
  const sockets: (SocketEvents & { sent: string[]; closed: (code: number) => void; wasClosed: boolean })[] = [];
  const states: string[] = [];
  const ends: ByeReason[] = [];
  const received: ServerMessage[] = [];
  const connection = new Connection({
    open: (events) => {
      const socket = { ...events, sent: [] as string[], wasClosed: false };
      sockets.push(socket);
      return {
        send: (data) => void socket.sent.push(data),
        close: () => {
          socket.wasClosed = true;
        },
      };
    },
    hello: () => ({ type: 'hello', protocol: 1, position: { epoch: 'e', offset: 3 }, audience: 'a', screen: 's' }),
    watch: () => ({ type: 'watch', boardId: 'b', record: '', holding: '' }),
    onMessage: (message) => received.push(message),
    onState: (state, attempts) => states.push(`${state} ${attempts}`),
    onEnd: (reason) => ends.push(reason),
    now: () => Date.now(),
    random: () => 0.5,
  });
  const last = () => {
    const socket = sockets.at(-1);
    if (!socket) throw new Error('no socket');
    return socket;
  };
  const tell = (message: ServerMessage) => last().received(JSON.stringify(message));
  return { connection, sockets, states, ends, received, last, tell };
}

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

/** Connected and welcome. */
function connected() {
  const world = connect();
  world.connection.start();
  world.last().opened();
  world.tell(welcome);
  return world;
}

it('[SL3] says hello first, with its position', () => {
  const { connection, last } = connect();
  connection.start();
  last().opened();
  expect(JSON.parse(last().sent[0] ?? '')).toMatchObject({ type: 'hello', position: { epoch: 'e', offset: 3 } });
});

it('says what it shows after each welcome', () => {
  const { last } = connected();
  expect(JSON.parse(last().sent[1] ?? '')).toMatchObject({ type: 'watch', boardId: 'b' });
});

describe('after a loss', () => {
  it('waits longer each time, and at most 15 s', async () => {
    const { connection, sockets, last } = connect();
    connection.start();
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      const began = Date.now();
      const before = sockets.length;
      last().closed(1006);
      while (sockets.length === before) await vi.advanceTimersByTimeAsync(10);
      pauses.push(Date.now() - began);
    }
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses[0]).toBeLessThan(300);
    expect(pauses.at(-1)).toBeLessThanOrEqual(15_000);
  });

  it.each<[string, ByeReason, number, number]>([
    ['[SL28] waits as long as a restarting server says', 'restart', 4012, 3_000],
    ['[SL18] comes back when it lagged', 'lagging', 4008, 1_000],
    ['[SL5] comes back when the node was behind', 'behind', 4013, 700],
  ])('%s', async (_name, reason, code, retryMs) => {
    const { sockets, tell, last } = connected();
    tell({ type: 'bye', reason, retryMs } satisfies Bye);
    last().closed(code);
    await vi.advanceTimersByTimeAsync(retryMs - 1);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2);
    expect(sockets).toHaveLength(2);
  });

  it.each<[string, number, ByeReason]>([
    ['[SL24] gives up when the session ended', 4501, 'session_ended'],
    ['[SL3] gives up on another version', 4505, 'version'],
    ['[SL25] gives up when replaced', 4509, 'replaced'],
  ])('%s', async (_name, code, reason) => {
    const { connection, sockets, ends, last } = connected();
    last().closed(code);
    connection.wake();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([sockets.length, ends]).toEqual([1, [reason]]);
  });

  it('does not wait when the browser is back', () => {
    const { connection, sockets, last } = connected();
    last().closed(1006);
    connection.wake();
    expect(sockets).toHaveLength(2);
  });
});

describe('a browser that says it has no network', () => {
  it('gives the socket up at once and tries on', async () => {
    const { connection, sockets } = connected();
    connection.gone();
    expect(sockets[0]?.wasClosed).toBe(true);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sockets.length).toBeGreaterThan(1);
  });

  it('says nothing new to one that is between two attempts', () => {
    const { connection, sockets, last } = connected();
    last().closed(1006);
    connection.gone();
    expect(sockets).toHaveLength(1);
  });
});

describe('a socket that is silent', () => {
  it('[SL20] counts as dead when two heartbeats stayed away', async () => {
    const { sockets } = connected();
    await vi.advanceTimersByTimeAsync(12_000);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sockets).toHaveLength(2);
    expect(sockets[0]?.wasClosed).toBe(true);
  });

  it('lives as long as heartbeats come', async () => {
    const { sockets, tell } = connected();
    for (let i = 0; i < 20; i++) {
      await vi.advanceTimersByTimeAsync(5_000);
      tell({ type: 'heartbeat', offset: 0, time: '' });
    }
    expect(sockets).toHaveLength(1);
  });

  it('is not trusted after the machine slept, though no time seemed to pass', async () => {
    const { sockets } = connected();
    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sockets).toHaveLength(2);
  });

  it('is given up when it says what is no message, and opened again after a pause', async () => {
    const { sockets, received, last } = connected();
    const before = received.length;
    last().received('{"type":"heartb');
    expect([received.length, sockets[0]?.wasClosed, sockets.length]).toEqual([before, true, 1]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sockets).toHaveLength(2);
  });

  it('is not heard any more once it was let go', async () => {
    const { sockets, received, connection } = connected();
    connection.reconnect();
    const before = received.length;
    sockets[0]?.received(JSON.stringify({ type: 'heartbeat', offset: 9, time: '' }));
    sockets[0]?.closed(4501);
    expect(received).toHaveLength(before);
  });
});

it('opens nothing any more once it is stopped', async () => {
  const { connection, sockets, last } = connected();
  connection.stop();
  last().closed(1006);
  connection.wake();
  connection.reconnect();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sockets).toHaveLength(1);
});
