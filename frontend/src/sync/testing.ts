import {
  type BoardView,
  type ClientMessage,
  type CommandResult,
  type EntriesFrame,
  type Entry,
  type Op,
  type Problem,
  protocolVersion,
  type ServerMessage,
  type WireRecord,
} from '../api/wire.ts';
import type { Socket, SocketEvents } from './connection.ts';
import type { Environment } from './environment.ts';
import type { Mark } from './leaving.ts';
import { memoryStorage, type OutboxStorage } from './storage.ts';
import { createSync } from './sync.ts';

/** What the pretended server answers to a command: its result, a refusal, silence, or an answer that is lost on the way. */
export type Verdict = 'commit' | Problem | 'unreachable' | 'lost';

/**
 * A server in a few lines, for tests of sync: one log, one viewer who sees
 * everything, HTTP answers that the test may hold back, sockets it may cut.
 */
export class PretendedServer {
  epoch = 'e1';
  audience = 'a1';
  readonly log: Entry[] = [];
  readonly records = new Map<string, WireRecord>();
  readonly sockets: PretendedSocket[] = [];
  /** Commands as they came, repetitions included. */
  readonly sent: { name: string; body: Record<string, unknown> }[] = [];
  /** Paths of the loads that were answered. */
  readonly loaded: string[] = [];
  signedIn = true;
  /** Nobody answers while it is not set. */
  reachable = true;
  /** What was asked about the session and done, in order. */
  readonly sessions: string[] = [];
  /** Answered instead of ending a session, while it is set. */
  endRefused: number | undefined;
  welcomeMode: 'replay' | 'snapshot' = 'replay';
  decide: (name: string, body: Record<string, unknown>) => Verdict = () => 'commit';
  /** While it is set, entries of own commands are not visible to their giver. */
  hideOwn = false;
  /** While it is set, answers to GET wait for release(). */
  holdLoads = false;
  /** While it is set, answers to commands wait for release(). */
  holdAnswers = false;
  readonly #held: (() => void)[] = [];
  readonly #results = new Map<string, CommandResult>();

  constructor(...records: WireRecord[]) {
    for (const record of records) this.records.set(record.id, record);
  }

  get position() {
    return { epoch: this.epoch, offset: this.log.length };
  }

  /** Somebody changes a record; every open socket hears of it. */
  change(id: string, fields: Record<string, unknown> | null, by = 'other', commandId?: string): Entry {
    const before = this.records.get(id);
    const op: Op =
      fields === null
        ? { op: 'hide', t: 'deal', id }
        : before
          ? { op: 'set', t: before.t, id, v: before.v + 1, f: fields }
          : { op: 'show', t: 'deal', id, v: 1, f: fields };
    if (fields === null) this.records.delete(id);
    else this.records.set(id, { t: 'deal', id, v: (before?.v ?? 0) + 1, f: { ...before?.f, ...fields } });
    const entry: Entry = {
      offset: this.log.length + 1,
      at: '2026-11-24T10:00:00Z',
      by,
      command: 'record.edit',
      ops: [op],
      ...(commandId && { commandId }),
    };
    this.log.push(entry);
    for (const socket of this.sockets) socket.catchUp();
    return entry;
  }

  /** Lets the answers go that were held back. */
  async release(): Promise<void> {
    this.holdLoads = false;
    this.holdAnswers = false;
    for (const answer of this.#held.splice(0)) answer();
    await settle();
  }

  /** The open socket. */
  get socket(): PretendedSocket {
    const open = this.sockets.find((socket) => socket.state === 'open');
    if (!open) throw new Error('no socket is open');
    return open;
  }

  fetch: typeof fetch = async (input, init) => {
    const path = String(input).replace('/api/v1', '');
    if (!this.reachable) throw new TypeError('network');
    if (path === '/session') return this.#session(init?.method ?? 'GET');
    if (!this.signedIn) return problem(401, 'signed_out');
    if (init?.method === 'POST') {
      const answer = this.#command(path.replace('/commands/', ''), JSON.parse(String(init.body)));
      if (this.holdAnswers) await new Promise<void>((resolve) => this.#held.push(resolve));
      return answer;
    }
    if (init?.method === 'DELETE') return new Response(null, { status: 204 });
    const answer = JSON.stringify(this.#view(path));
    if (this.holdLoads) await this.#hold(init?.signal);
    this.loaded.push(path);
    return new Response(answer, { status: 200 });
  };

  #session(method: string): Response {
    if (method === 'DELETE' && this.endRefused) return problem(this.endRefused, 'store_unavailable');
    if (method === 'DELETE' && !this.signedIn) return problem(401, 'signed_out');
    this.sessions.push(method);
    this.signedIn = method === 'POST';
    return new Response('{}', { status: 200 });
  }

  /** Waits for release(), or until whoever asks has enough. */
  #hold(signal: AbortSignal | null | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#held.push(resolve);
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  }

  #view(path: string): unknown {
    const records = [...this.records.values()];
    const { position, audience } = this;
    if (path === '/bootstrap') {
      const own = records.filter((record) => record.t !== 'deal');
      return {
        position,
        audience,
        userId: 'me',
        build: 'b',
        records: own,
        schema: [{ type: 'deal', fields: [] }],
        may: ['edit:deal'],
        reach: {},
      };
    }
    const keys = [...new Set(records.flatMap((record) => Object.keys(record.f)))];
    const rows = records
      .filter((record) => record.t === 'deal')
      .map((record) => [record.id, record.v, record.m ?? null, ...keys.map((key) => record.f[key] ?? null)]);
    return { position, audience, boardId: 'b', tables: [{ t: 'deal', keys, rows }] } satisfies BoardView;
  }

  #command(name: string, body: Record<string, unknown>): Response {
    this.sent.push({ name, body });
    const verdict = this.decide(name, body);
    if (verdict === 'unreachable') throw new TypeError('network');
    if (typeof verdict === 'object') return problem(verdict.status, verdict.reason, verdict);
    const commandId = String(body['commandId']);
    const known = this.#results.get(commandId);
    const result = known ? { ...known, repeated: true } : this.#commit(body, commandId);
    if (verdict === 'lost') throw new TypeError('network');
    return new Response(JSON.stringify(result), { status: 200 });
  }

  #commit(body: Record<string, unknown>, commandId: string): CommandResult {
    const id = String(body['id']);
    const { offset } = this.change(id, (body['values'] ?? {}) as Record<string, unknown>, 'me', commandId);
    if (this.hideOwn) return { position: { epoch: this.epoch, offset }, offset, records: [] };
    const record = this.records.get(id);
    const result = { position: { epoch: this.epoch, offset }, offset, records: record ? [record] : [] };
    this.#results.set(commandId, result);
    return result;
  }
}

/** One end of a socket; frames go out as soon as there is something to tell, unless muted. */
export class PretendedSocket implements Socket {
  state: 'opening' | 'open' | 'closed' = 'opening';
  /** Frames are kept back while it is set. */
  muted = false;
  readonly heard: ClientMessage[] = [];
  #sent = 0;
  readonly #server: PretendedServer;
  readonly #events: SocketEvents;

  constructor(server: PretendedServer, events: SocketEvents) {
    this.#server = server;
    this.#events = events;
  }

  send(data: string): void {
    const message = JSON.parse(data) as ClientMessage;
    this.heard.push(message);
    if (message.type !== 'hello') return;
    const fresh = message.position?.epoch === this.#server.epoch && message.audience === this.#server.audience;
    const mode = fresh ? this.#server.welcomeMode : 'snapshot';
    this.#sent = mode === 'replay' ? (message.position?.offset ?? 0) : this.#server.log.length;
    const position = { epoch: this.#server.epoch, offset: this.#sent };
    this.tell({
      type: 'welcome',
      protocol: protocolVersion,
      mode,
      position,
      audience: this.#server.audience,
      serverTime: '',
      heartbeatMs: 5_000,
      build: 'b',
    });
    this.catchUp();
  }

  close(): void {
    this.state = 'closed';
  }

  open(): void {
    this.state = 'open';
    this.#events.opened();
  }

  /** The connection breaks, or the server ends it. */
  cut(code = 1006): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#events.closed(code);
  }

  tell(message: ServerMessage): void {
    this.say(JSON.stringify(message));
  }

  /** Any text, a message or not. */
  say(text: string): void {
    if (this.state === 'open') this.#events.received(text);
  }

  /** Sends what has not been sent. */
  catchUp(): void {
    if (this.state !== 'open' || this.muted || this.#sent >= this.#server.log.length) return;
    this.range(this.#sent, this.#server.log.length);
    this.#sent = this.#server.log.length;
  }

  /** Sends any range of the log: one that was sent before, or one that leaves a gap. */
  range(after: number, upTo: number): void {
    this.tell(this.frame(after, upTo));
  }

  frame(after: number, upTo: number): EntriesFrame {
    return {
      type: 'entries',
      epoch: this.#server.epoch,
      after,
      upTo,
      entries: this.#server.log.slice(after, upTo).filter(({ by }) => !(this.#server.hideOwn && by === 'me')),
    };
  }
}

/** The outside of one tab. `wake` and `gone` are what the browser calls when the network comes and goes. */
export function pretendedTab(
  server: PretendedServer,
  storage: OutboxStorage = memoryStorage(),
  channel = new PretendedChannel(),
) {
  let wake = () => {};
  let gone = () => {};
  const environment: Environment = {
    fetch: server.fetch,
    openSocket: (events) => {
      const socket = new PretendedSocket(server, events);
      server.sockets.push(socket);
      return socket;
    },
    storage,
    channel: channel.join(),
    leaving: channel.leaving,
    alone: channel.alone,
    onWake: (back, away) => {
      wake = back;
      gone = away;
      return () => {};
    },
    now: () => Date.now(),
    random: () => 0.5,
  };
  return { environment, wake: () => wake(), gone: () => gone() };
}

/** What the tabs of one browser share. */
export type Browser = [storage?: OutboxStorage, channel?: PretendedChannel];

/** A tab that shows the board, its socket open. */
export async function showBoard(server: PretendedServer, ...browser: Browser) {
  const { environment, wake, gone } = pretendedTab(server, ...browser);
  const sync = createSync(environment);
  await sync.start();
  sync.openView('/boards/b');
  await settle();
  server.sockets.at(-1)?.open();
  await settle();
  return { sync, wake, gone };
}

/** What the tabs of one browser share: it carries their messages, a mark and turns. */
export class PretendedChannel {
  readonly #turns = new Map<string, Promise<void>>();
  readonly alone: Environment['alone'] = (name, task) => {
    const turn = (this.#turns.get(name) ?? Promise.resolve()).catch(() => undefined).then(task);
    this.#turns.set(name, turn);
    return turn;
  };
  #leaving = false;
  readonly leaving: Mark = {
    isSet: () => this.#leaving,
    set: (on) => {
      this.#leaving = on;
    },
  };
  readonly #tabs: ((message: unknown) => void)[] = [];

  join() {
    let mine: (message: unknown) => void = () => {};
    return {
      post: (message: unknown) => {
        for (const receive of this.#tabs) if (receive !== mine) receive(structuredClone(message));
      },
      onMessage: (receive: (message: unknown) => void) => {
        mine = receive;
        this.#tabs.push(receive);
      },
    };
  }
}

/** Lets all that waits for promises only go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 60; i++) await Promise.resolve();
}

/** A refusal as the server answers it; of code "conflict" if nothing else is given. */
export function problem(status: number, reason: string, more: Partial<Problem> = {}): Response {
  const body: Problem = { type: 'about:blank', title: reason, status, code: 'conflict', reason, ...more };
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/problem+json' } });
}
