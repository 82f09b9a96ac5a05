import type { StoreApi } from 'zustand/vanilla';
import type { CommandResult, Entry, Position } from '../api/wire.ts';
import { serverNow } from '../lib/clock.ts';
import { newId } from '../lib/ulid.ts';
import { difference, effectsOf, inverseOf, subject, wantedBy } from './effects.ts';
import type { Environment } from './environment.ts';
import { reached } from './follow.ts';
import { Outbox } from './outbox.ts';
import { type CrmRecord, fromWire } from './record.ts';
import type { CommandOutcome, CommandRequest, Effect, PendingCommand, SyncState } from './types.ts';

/** What the own commands need of the tab around them. */
export interface CommandsOptions {
  readonly environment: Environment;
  readonly store: StoreApi<SyncState>;
  send(command: PendingCommand): Promise<CommandResult>;
  /** Where the stream stands. */
  position(): Position;
  /** Records that an answer brought. */
  onAnswer(records: readonly CrmRecord[], position: Position): void;
  onPending(pending: readonly PendingCommand[]): void;
}

// As many own commands can be taken back with Ctrl+Z.
const undoDepth = 50;

/** The own commands from the click to the entry that carries them. */
export class Commands {
  readonly #o: CommandsOptions;
  readonly #outbox: Outbox;
  readonly #waiters = new Map<string, (outcome: CommandOutcome) => void>();
  /** Commands whose refusal their caller shows, if it is still there. */
  readonly #callers = new Map<string, () => boolean>();

  constructor(o: CommandsOptions) {
    this.#o = o;
    const { storage, alone, random } = o.environment;
    this.#outbox = new Outbox({
      storage,
      alone: (task) => alone('outbox', task),
      random,
      send: o.send,
      onOutcome: (command, outcome) => {
        o.environment.channel.post({ kind: 'outcome', command, outcome } satisfies OutcomeMessage);
        this.#conclude(command, outcome);
      },
    });
  }

  /** Takes up what waited since the last visit. */
  async start(userId: string): Promise<void> {
    const left = await this.#outbox.begin(userId);
    const known = new Set(this.#pending().map((command) => command.commandId));
    this.#set([...left.filter((command) => !known.has(command.commandId)), ...this.#pending()]);
  }

  stop(): void {
    this.#outbox.stop();
    this.#waiters.clear();
    this.#callers.clear();
  }

  flush(): Promise<void> {
    return this.#outbox.flush();
  }

  /** Shows the effect at once, and offers the way back; the promise ends with the server's word. */
  run(request: CommandRequest, callerIsHere = () => true): Promise<CommandOutcome> {
    const { userId, records } = this.#o.store.getState();
    return this.#give(request, effectsFor(request, records, userId, serverNow()), callerIsHere);
  }

  #give(request: CommandRequest, effects: readonly Effect[], callerIsHere = () => true): Promise<CommandOutcome> {
    const { environment, store } = this.#o;
    const { userId, records } = store.getState();
    const type = records.get(String(request.args['id'] ?? ''))?.type;
    // Later than all that waits, also when the clock was set back: they are sent in this order.
    const givenAt = Math.max(environment.now(), ...this.#pending().map((pending) => pending.givenAt + 1));
    const command: PendingCommand = {
      commandId: newId(givenAt),
      userId,
      name: request.name,
      args: request.args,
      ...(type && { type }),
      effects,
      label: request.label ?? '',
      ...(request.undoes && { undoes: request.undoes }),
      givenAt,
      state: 'waiting',
      wanted: wantedBy(request.name, request.args),
    };
    this.#set([...this.#pending(), command]);
    if (request.refusal === 'caller') this.#callers.set(command.commandId, callerIsHere);
    if (command.label !== '') {
      const changed = effects.flatMap((effect) => (effect.do === 'set' ? effect.id : []));
      const undoable = { commandId: command.commandId, label: command.label, at: givenAt, changed };
      store.setState((state) => ({ undoable: [...state.undoable, undoable].slice(-undoDepth) }));
    }
    const outcome = new Promise<CommandOutcome>((resolve) => this.#waiters.set(command.commandId, resolve));
    void this.#outbox.add(command);
    return outcome;
  }

  /** Takes back the own last command; undefined when there is none, or when the server has not answered it yet. */
  async undo(): Promise<CommandOutcome | undefined> {
    const { undoable } = this.#o.store.getState();
    const last = undoable.at(-1);
    if (!last) return undefined;
    this.#o.store.setState({ undoable: undoable.slice(0, -1) });
    if (last.offset !== undefined) return this.run({ name: 'undo', args: { offset: last.offset }, undoes: last.label });
    await this.#takeBack(last.commandId);
    return undefined;
  }

  /**
   * What is not answered may be on its way already, and cannot be called back: it
   * looks undone at once, and is undone when it has arrived, also after a reload.
   */
  async #takeBack(id: string): Promise<void> {
    const { store } = this.#o;
    const pending = this.#pending();
    const command = pending.find(({ commandId, state }) => commandId === id && state === 'waiting');
    if (!command) return;
    this.#set(pending.filter((each) => each !== command));
    const { records } = store.getState();
    const taken = { ...command, effects: inverseOf(command.effects, (of) => records.get(of)), takenBack: true };
    this.#set(pending.map((each) => (each === command ? taken : each)));
    await this.#outbox.change(id, ({ args }) => ({ ...taken, args }));
  }

  dismiss(commandId: string): void {
    this.#set(this.#pending().filter((command) => command.commandId !== commandId));
    void this.#o.environment.storage.remove(commandId);
  }

  /** Drops the pending commands that entries, or the place reached, have made true. */
  settle(entries: readonly Entry[]): void {
    for (const { commandId, offset } of entries) if (commandId) this.#offerUndo(commandId, offset);
    const position = this.#o.position();
    const arrived = new Set(entries.flatMap((entry) => entry.commandId ?? []));
    const pending = this.#pending();
    const left = pending.filter(
      ({ commandId, state, settlesAt, takenBack }) =>
        takenBack || (!(state !== 'refused' && arrived.has(commandId)) && !(settlesAt && reached(position, settlesAt))),
    );
    if (left.length !== pending.length) this.#set(left);
  }

  /** Another tab has sent a command, perhaps one of this tab's. */
  receive(message: unknown): void {
    if (!isOutcome(message)) return;
    this.#outbox.answered(message.command.commandId);
    this.#conclude(message.command, message.outcome);
  }

  #conclude(command: PendingCommand, outcome: CommandOutcome): void {
    const own = this.#waiters.get(command.commandId);
    this.#waiters.delete(command.commandId);
    const callerIsHere = this.#callers.get(command.commandId);
    this.#callers.delete(command.commandId);
    const { takenBack, effects } = this.#pending().find(({ commandId }) => commandId === command.commandId) ?? command;
    if (outcome.ok && takenBack) this.#undoArrived(command, outcome.result, effects);
    else if (outcome.ok) this.#committed(command, outcome.result, own !== undefined);
    else {
      this.#offerUndo(command.commandId, 0);
      if (takenBack || callerIsHere?.()) this.dismiss(command.commandId);
      else this.#refused(command, outcome.problem);
    }
    own?.(outcome);
  }

  /** What was taken back is committed: now it can be undone, and looks so all the while. */
  #undoArrived({ commandId, label }: PendingCommand, result: CommandResult, effects: readonly Effect[]): void {
    if (result.offset > 0) void this.#give({ name: 'undo', args: { offset: result.offset }, undoes: label }, effects);
    this.#o.onAnswer(result.records.map(fromWire), result.position);
    this.#set(this.#pending().filter((each) => each.commandId !== commandId));
  }

  #committed(command: PendingCommand, result: CommandResult, own: boolean): void {
    const records = result.records.map(fromWire);
    const brought = new Set(records.map((record) => record.id));
    // The answer shows all that was expected, or the stream has: then nothing is pending any more.
    const shown = reached(this.#o.position(), result.position) || command.effects.every((effect) => brought.has(subject(effect)));
    this.#o.onAnswer(records, result.position);
    const pending = this.#pending();
    this.#set(
      shown
        ? pending.filter(({ commandId }) => commandId !== command.commandId)
        : pending.map((p) => (p.commandId === command.commandId ? { ...p, state: 'done', settlesAt: result.position } : p)),
    );
    if (own) this.#offerUndo(command.commandId, result.offset);
  }

  /** The offer to undo a command learns its entry; of one that changed nothing, or was refused, it ends. */
  #offerUndo(commandId: string, offset: number): void {
    this.#o.store.setState(({ undoable }) =>
      undoable.some((each) => each.commandId === commandId)
        ? {
            undoable: offset
              ? undoable.map((each) => (each.commandId === commandId ? { ...each, offset } : each))
              : undoable.filter((each) => each.commandId !== commandId),
          }
        : {},
    );
  }

  #refused(command: PendingCommand, problem: NonNullable<PendingCommand['problem']>): void {
    const refused: PendingCommand = { ...command, state: 'refused', problem };
    this.#set([...this.#pending().filter(({ commandId }) => commandId !== command.commandId), refused]);
  }

  #pending(): readonly PendingCommand[] {
    return this.#o.store.getState().pending;
  }

  #set(pending: readonly PendingCommand[]): void {
    this.#o.onPending(pending);
  }
}

function effectsFor(
  request: CommandRequest,
  records: ReadonlyMap<string, CrmRecord>,
  userId: string,
  now: number,
): readonly Effect[] {
  const before = records.get(String(request.args['id'] ?? ''));
  if (request.optimistic && before) return [difference(before, request.optimistic(before))];
  return effectsOf(request.name, request.args, userId, now);
}

interface OutcomeMessage {
  readonly kind: 'outcome';
  readonly command: PendingCommand;
  readonly outcome: CommandOutcome;
}

function isOutcome(message: unknown): message is OutcomeMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'outcome';
}
