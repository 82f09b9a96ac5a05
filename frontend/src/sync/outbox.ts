import { problemOf } from '../api/client.ts';
import type { CommandResult, Problem } from '../api/wire.ts';
import type { OutboxStorage } from './storage.ts';
import type { CommandOutcome, PendingCommand } from './types.ts';

/** Where commands wait, how they are sent, and who hears what became of them. */
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
  readonly #own = new OwnVersions();
  /** What was given in this tab and has no answer: a browser may throw its stores away. */
  readonly #given = new Map<string, PendingCommand>();

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
    this.#given.clear();
  }

  /** Stores the command, then sends it when its turn comes. */
  async add(command: PendingCommand): Promise<void> {
    await this.#o.storage.put(command);
    this.#given.set(command.commandId, command);
    void this.flush();
  }

  /** Changes a command of this person that has no answer yet; it may be based anew by now. */
  async change(commandId: string, change: (stored: PendingCommand) => PendingCommand): Promise<void> {
    const stored = (await this.#waiting(this.#userId)).find((command) => command.commandId === commandId);
    if (stored) await this.#keep(change(stored));
  }

  /** Another tab has the answer. */
  answered(commandId: string): void {
    this.#given.delete(commandId);
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
      const [first] = await this.#waiting(userId);
      if (!first) return;
      const command = this.#own.rebase(first);
      // Before it is sent: sent again, also by another tab, it must be the same.
      if (command !== first) await this.#keep(command);
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

  async #waiting(userId: string): Promise<PendingCommand[]> {
    if (!userId) return [];
    const stored = await this.#o.storage.all(userId);
    const there = new Set(stored.map(({ commandId }) => commandId));
    const lost = [...this.#given.values()].filter(({ commandId }) => !there.has(commandId));
    for (const command of lost) await this.#o.storage.put(command);
    const all = lost.length > 0 ? await this.#o.storage.all(userId) : stored;
    return all.filter((command) => command.state === 'waiting');
  }

  async #keep(command: PendingCommand): Promise<void> {
    if (this.#given.has(command.commandId)) this.#given.set(command.commandId, command);
    await this.#o.storage.put(command);
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
    this.#given.delete(command.commandId);
    if (outcome.ok) {
      this.#own.note(command, outcome.result);
      // Stored as well, for the next visit knows nothing of this one's answers.
      for (const next of await this.#waiting(this.#userId)) {
        const based = this.#own.rebase(next);
        if (based !== next && next.commandId !== command.commandId) await this.#keep(based);
      }
      await this.#o.storage.remove(command.commandId);
    } else if (command.name === 'undo') {
      // Nothing typed is lost by it: that it was refused is news of this moment only.
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

// As many own answers are remembered; a command is sent within a few of them.
const rememberedAnswers = 500;

/**
 * Which version of a record an own command made of which. A command given on
 * top of an own, unanswered one – or in the moment of its answer – was based on
 * a version that the first has replaced. It is moved onto the first one's
 * result, but only where nobody else wrote in between: that change the person
 * has not seen.
 */
export class OwnVersions {
  /** By record and version: the next version, where an own command made it. */
  readonly #next = new Map<string, number>();
  /** The versions that own commands made. */
  readonly #made = new Set<string>();

  note(command: PendingCommand, result: CommandResult): void {
    const { id, basedOn = 0 } = command.args;
    for (const record of result.records) {
      const before = `${record.id}@${record.v - 1}`;
      // Undo names no version: it goes on from an own one, or from nobody knows whose.
      const own = id === undefined ? this.#made.has(before) : id === record.id && basedOn === record.v - 1;
      if (!own) continue;
      this.#next.set(before, record.v);
      this.#made.add(`${record.id}@${record.v}`);
    }
    forgetOldest(this.#next);
    forgetOldest(this.#made);
  }

  rebase(command: PendingCommand): PendingCommand {
    const { id, basedOn } = command.args;
    if (typeof basedOn !== 'number') return command;
    let version = basedOn;
    for (let next = this.#next.get(`${id}@${version}`); next; next = this.#next.get(`${id}@${version}`)) version = next;
    return version === basedOn ? command : { ...command, args: { ...command.args, basedOn: version } };
  }
}

function forgetOldest(remembered: Map<string, unknown> | Set<string>): void {
  for (const key of remembered.keys()) {
    if (remembered.size <= rememberedAnswers) return;
    remembered.delete(key);
  }
}
