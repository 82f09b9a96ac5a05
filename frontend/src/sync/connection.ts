import type { ByeReason, ClientMessage, Hello, ServerMessage, Watch } from '../api/wire.ts';

/** An open or opening connection. */
export interface Socket {
  send(data: string): void;
  close(): void;
}

/** What a socket tells. */
export interface SocketEvents {
  opened(): void;
  received(data: string): void;
  /** Also when it never opened. */
  closed(code: number): void;
}

/** What a connection says of this tab, and whom it tells what it hears. */
export interface ConnectionOptions {
  open(events: SocketEvents): Socket;
  /** The first message: where this tab stands. */
  hello(): Hello;
  /** What this tab shows; sent after each welcome and when it changes. */
  watch(): Watch;
  onMessage(message: ServerMessage): void;
  /** opened: a socket is up, though nothing is welcome yet. lost: it is gone; `attempts` connections failed since the last welcome. */
  onState(state: 'opened' | 'lost', attempts: number): void;
  /** The server wants no more of this tab. */
  onEnd(reason: ByeReason): void;
  now(): number;
  /** 0 ≤ random < 1 */
  random(): number;
}

const firstPauseMs = 250;
const longestPauseMs = 15_000;
const lookEveryMs = 1_000;
// A heartbeat may be late by as much again before the socket counts as dead.
const silenceFactor = 2.5;
const leastSilenceMs = 4_000;
// A timer that is this late has slept: the machine was suspended or the tab frozen.
const sleptMs = 10_000;

/**
 * One socket at a time, opened again for as long as the tab lives. Silence is
 * not health: without a heartbeat in time the socket is given up.
 */
export class Connection {
  readonly #o: ConnectionOptions;
  #socket: Socket | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #look: ReturnType<typeof setInterval> | undefined;
  #lookedAt = 0;
  #heardAt = 0;
  #heartbeatMs = 5_000;
  #attempts = 0;
  #welcome = false;
  #orderedMs: number | undefined;
  #reason: ByeReason | undefined;
  #sent = '';

  constructor(o: ConnectionOptions) {
    this.#o = o;
  }

  start(): void {
    this.stop();
    this.#attempts = 0;
    this.#lookedAt = this.#o.now();
    this.#look = setInterval(() => this.#lookAround(), lookEveryMs);
    this.#connect();
  }

  stop(): void {
    clearInterval(this.#look);
    this.#look = undefined;
    clearTimeout(this.#retry);
    this.#drop();
  }

  /** The network or the person is back: do not wait for the next attempt. */
  wake(): void {
    if (!this.#look) return;
    if (!this.#socket) this.#connect();
    else if (this.#o.now() - this.#heardAt > this.#heartbeatMs * 1.5) this.reconnect();
  }

  /** There is no network: a socket that has not noticed yet is given up now, not after its silence. */
  gone(): void {
    if (this.#look && this.#socket) this.#closed(1006);
  }

  /** Gives the socket up and connects anew from the present position. */
  reconnect(): void {
    if (!this.#look) return;
    this.#drop();
    this.#o.onState('lost', this.#attempts);
    this.#connect();
  }

  /** Tells the server what this tab shows, if that changed. */
  sendWatch(): void {
    if (!this.#welcome) return;
    const watch = JSON.stringify(this.#o.watch());
    if (watch === this.#sent) return;
    this.#sent = watch;
    this.#socket?.send(watch);
  }

  #connect(): void {
    clearTimeout(this.#retry);
    this.#orderedMs = undefined;
    this.#reason = undefined;
    this.#heardAt = this.#o.now();
    // Nothing is heard of a socket that was let go.
    const current = (tell: () => void) => {
      if (this.#socket === socket) tell();
    };
    const socket = this.#o.open({
      opened: () =>
        current(() => {
          this.#heardAt = this.#o.now();
          this.#o.onState('opened', this.#attempts);
          this.#send(socket, this.#o.hello());
        }),
      received: (data) => current(() => this.#receive(data)),
      closed: (code) => current(() => this.#closed(code)),
    });
    this.#socket = socket;
  }

  #send(socket: Socket, message: ClientMessage): void {
    socket.send(JSON.stringify(message));
  }

  #receive(data: string): void {
    this.#heardAt = this.#o.now();
    const message = read(data);
    // Half a message: whatever it was is missing now.
    if (!message) return this.#closed(1006);
    if (message.type === 'bye') {
      this.#orderedMs = message.retryMs;
      this.#reason = message.reason;
      return;
    }
    if (message.type === 'welcome') {
      this.#heartbeatMs = message.heartbeatMs;
      this.#attempts = 0;
      this.#welcome = true;
    }
    this.#o.onMessage(message);
    if (message.type === 'welcome') this.sendWatch();
  }

  #closed(code: number): void {
    const reason = this.#reason;
    const ordered = this.#orderedMs;
    this.#drop();
    // 4500 and above: connecting again would end the same way.
    if (code >= 4500 && code < 5000) {
      this.stop();
      this.#o.onEnd(reason ?? reasonOf(code));
      return;
    }
    const most = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#attempts);
    this.#attempts++;
    this.#o.onState('lost', this.#attempts);
    // The server spreads its own clients over time; on our own we spread ourselves.
    const pause = ordered !== undefined && ordered > 0 ? ordered : most * (0.5 + this.#o.random() / 2);
    this.#retry = setTimeout(() => this.#connect(), pause);
  }

  /** Lets go of the socket; nothing of it is heard again. */
  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#welcome = false;
    this.#sent = '';
    socket?.close();
  }

  #lookAround(): void {
    const now = this.#o.now();
    const slept = now - this.#lookedAt > sleptMs;
    this.#lookedAt = now;
    if (!this.#socket) {
      if (slept) this.#connect();
      return;
    }
    const silent = now - this.#heardAt > Math.max(leastSilenceMs, this.#heartbeatMs * silenceFactor);
    if (silent || slept) this.reconnect();
  }
}

function read(data: string): ServerMessage | undefined {
  try {
    return JSON.parse(data) as ServerMessage;
  } catch {
    return undefined;
  }
}

function reasonOf(code: number): ByeReason {
  if (code === 4501) return 'session_ended';
  if (code === 4509) return 'replaced';
  return 'version';
}
