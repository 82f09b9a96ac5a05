import { problemOf } from '../api/client.ts';
import type { CommandResult, Problem } from '../api/wire.ts';
import type { OutboxStorage } from './storage.ts';
import type { CommandOutcome, PendingCommand } from './types.ts';

export interface OutboxOptions {
  readonly storage: OutboxStorage;
  /** Sends one command; rejects with an ApiError. */
  send(command: PendingCommand): Promise<CommandResult>;
  /** Runs the task while no other tab sends. */
  alone(task: () => Promise<void>): Promise<void>;
  /** A command has its answer, whichever tab got it. */
  onOutcome(command: PendingCommand, outcome: CommandOutcome): void;
  /** 0 ≤ random < 1 */
  random(): number;
}

const firstPauseMs = 500;
const longestPauseMs = 15_000;
// A fault of the server is worth some attempts; for ever would block all that is behind it.
const faultsToBear = 5;

/**
 * Sends commands one after another in the order they were given. A command
 * whose outcome is unknown is sent again under the same commandId, which the
 * server does once.
 */
export class Outbox {
  readonly #o: OutboxOptions;
  #userId = '';
  #running: Promise<void> | undefined;
  #again = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  readonly #faults = new Map<string, number>();
  readonly #own = new OwnWrites();

  constructor(o: OutboxOptions) {
    this.#o = o;
  }

  /** Begins to send for a person; returns what waited since the last visit, refused ones too. */
  async begin(userId: string): Promise<PendingCommand[]> {
    this.#userId = userId;
    const left = await this.#o.storage.all(userId);
    void this.flush();
    return left;
  }

  /** Stops sending; what waits stays stored. */
  stop(): void {
    this.#userId = '';
    clearTimeout(this.#timer);
  }

  /** Stores the command, then sends it when its turn comes. */
  async add(command: PendingCommand): Promise<void> {
    await this.#o.storage.put(command);
    void this.flush();
  }

  /** Sends all that waits, now. Call it when the network may be back. */
  flush(): Promise<void> {
    this.#again = true;
    clearTimeout(this.#timer);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again && this.#userId) {
      this.#again = false;
      await this.#o.alone(() => this.#sendAll());
    }
  }

  async #sendAll(): Promise<void> {
    for (;;) {
      const userId = this.#userId;
      const waiting = userId ? (await this.#o.storage.all(userId)).filter((command) => command.state === 'waiting') : [];
      const [first] = waiting;
      if (!first) return;
      const command = this.#own.based(first);
      // Before it is sent: sent again, also by another tab, it must be the same.
      if (command !== first) await this.#o.storage.put(command);
      const outcome = await this.#attempt(command);
      if (this.#userId !== userId) return; // signed out meanwhile
      if (!outcome) {
        this.#pause();
        return;
      }
      this.#failures = 0;
      await this.#settle(command, outcome);
    }
  }

  /** undefined: unknown, try again later. */
  async #attempt(command: PendingCommand): Promise<CommandOutcome | undefined> {
    try {
      return { ok: true, result: await this.#o.send(command) };
    } catch (error) {
      const problem = problemOf(error);
      return this.#isFinal(command, problem) ? { ok: false, problem } : undefined;
    }
  }

  #isFinal(command: PendingCommand, problem: Problem): boolean {
    // 401: the session ended; whoever signs in next decides. 4xx: the answer is no.
    if (problem.status === 401 || problem.status === 408 || problem.status === 429) return false;
    if (problem.status >= 400 && problem.status < 500) return true;
    if (problem.status !== 500) return false;
    const faults = (this.#faults.get(command.commandId) ?? 0) + 1;
    this.#faults.set(command.commandId, faults);
    return faults >= faultsToBear;
  }

  async #settle(command: PendingCommand, outcome: CommandOutcome): Promise<void> {
    if (outcome.ok) {
      this.#own.note(command, outcome.result);
      await this.#o.storage.remove(command.commandId);
    } else {
      await this.#o.storage.put({ ...command, state: 'refused', problem: outcome.problem });
    }
    this.#o.onOutcome(command, outcome);
  }

  #pause(): void {
    const most = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures++);
    this.#timer = setTimeout(() => void this.flush(), most * (0.5 + this.#o.random() / 2));
  }
}

/**
 * What this tab has written, version by version. A command given before the own
 * one before it was answered is based on a version that is no more; it is moved
 * onto the own result – but only if nobody else wrote in between, for that
 * change the person has not seen.
 */
export class OwnWrites {
  /** By record: every version above `from` up to `to` was made by an own command. */
  readonly #spans = new Map<string, { from: number; to: number }>();

  note({ args }: PendingCommand, result: CommandResult): void {
    const id = String(args['id'] ?? '');
    const basedOn = args['basedOn'] ?? 0; // what is made is based on nothing
    const written = result.records.find((record) => record.id === id);
    if (!written || typeof basedOn !== 'number' || written.v !== basedOn + 1) return;
    const span = this.#spans.get(id);
    this.#spans.set(id, { from: span?.to === basedOn ? span.from : basedOn, to: written.v });
  }

  based(command: PendingCommand): PendingCommand {
    const span = this.#spans.get(String(command.args['id'] ?? ''));
    const basedOn = command.args['basedOn'];
    const overtaken = span && typeof basedOn === 'number' && basedOn >= span.from && basedOn < span.to;
    return overtaken ? { ...command, args: { ...command.args, basedOn: span.to } } : command;
  }
}
