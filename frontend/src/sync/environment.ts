import { subprotocol } from '../api/wire.ts';
import type { Socket, SocketEvents } from './connection.ts';
import { browserMark, type Mark } from './leaving.ts';
import { browserStorage, type OutboxStorage, safeStorage } from './storage.ts';

/** Between the tabs of one browser. */
export interface Channel {
  post(message: unknown): void;
  onMessage(receive: (message: unknown) => void): void;
}

/** All that sync takes from the outside, so that tests can be the outside. */
export interface Environment {
  readonly fetch: typeof fetch;
  readonly openSocket: (events: SocketEvents) => Socket;
  readonly storage: OutboxStorage;
  readonly channel: Channel;
  /** Set while the server has not heard yet that somebody has signed out here. */
  readonly leaving: Mark;
  /** Runs the task while no other tab runs one of the same name. */
  readonly alone: (name: 'outbox' | 'session', task: () => Promise<void>) => Promise<void>;
  /** Calls back when the network or the person may be back, and when there is no network; returns how to stop. */
  readonly onWake: (wake: () => void, gone: () => void) => () => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 0 ≤ random < 1 */
  readonly random: () => number;
}

/** The real browser. */
export function browserEnvironment(): Environment {
  return {
    fetch: (...request) => fetch(...request),
    openSocket,
    storage: safeStorage(browserStorage()),
    channel: tabs(),
    leaving: browserMark('rapport-leaving'),
    alone: oneTabAtATime,
    onWake: whenAwake,
    now: () => Date.now(),
    random: () => Math.random(),
  };
}

function openSocket(events: SocketEvents): Socket {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}/api/v1/stream`, subprotocol);
  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }) => events.received(String(data));
  socket.onclose = ({ code }) => events.closed(code);
  return socket;
}

function tabs(): Channel {
  const channel = new BroadcastChannel('rapport');
  return {
    post: (message) => channel.postMessage(message),
    onMessage: (receive) => {
      channel.onmessage = (event) => receive(event.data);
    },
  };
}

async function oneTabAtATime(name: string, task: () => Promise<void>): Promise<void> {
  // Web Locks exist on https and localhost only. Without them two tabs may send
  // the same command, which the server does once.
  if (!navigator.locks) return task();
  await navigator.locks.request(`rapport-${name}`, task);
}

function whenAwake(wake: () => void, gone: () => void): () => void {
  const seen = () => {
    if (document.visibilityState === 'visible') wake();
  };
  window.addEventListener('online', wake);
  window.addEventListener('offline', gone);
  window.addEventListener('pageshow', wake);
  document.addEventListener('visibilitychange', seen);
  return () => {
    window.removeEventListener('online', wake);
    window.removeEventListener('offline', gone);
    window.removeEventListener('pageshow', wake);
    document.removeEventListener('visibilitychange', seen);
  };
}
