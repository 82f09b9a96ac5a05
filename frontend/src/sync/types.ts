import type { CommandResult, FieldInfo, Position, PresentPerson, Problem, Progress, Reach } from '../api/wire.ts';
import type { CrmRecord, Fields } from './record.ts';

/** What a pending command is expected to do, as data, so that it survives a reload. */
export type Effect =
  | { readonly do: 'create'; readonly record: CrmRecord }
  | { readonly do: 'set'; readonly id: string; readonly set: Fields; readonly unset: readonly string[] }
  | { readonly do: 'remove'; readonly id: string };

/** A command as the person meant it, with what became of it so far. */
export interface PendingCommand {
  readonly commandId: string;
  readonly userId: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Type of the record that args.id names, if it was here: a refusal is told also when it no longer is. */
  readonly type?: string;
  readonly effects: readonly Effect[];
  /** What the person did, in his words and language: "Harbour Yards moved to Proposal". */
  readonly label: string;
  /** Of an undo: the label of the change that it takes back. */
  readonly undoes?: string;
  /** Milliseconds since 1970 when it was given. */
  readonly givenAt: number;
  /**
   * waiting: to be sent, or sent and not answered; the same commandId is sent again until there is an answer.
   * done:    committed, but the entries up to settlesAt are not here yet.
   * refused: will not happen; problem says why. Kept until the person has read it; of an undo, at most as long as this page.
   */
  readonly state: 'waiting' | 'done' | 'refused';
  readonly settlesAt?: Position;
  /**
   * The person has taken it back before there was an answer: its effects are those
   * of its undo, which is given as soon as it is committed.
   */
  readonly takenBack?: boolean;
  readonly problem?: Problem;
  /** Values as this person wanted them; problem.current has the others'. */
  readonly wanted: Fields;
}

/** The answer to a command: committed, or refused with the reason. There is no third; waiting for the network is waiting. */
export type CommandOutcome =
  | { readonly ok: true; readonly result: CommandResult }
  | { readonly ok: false; readonly problem: Problem };

/** A command as a component gives it. */
export interface CommandRequest {
  readonly name: string;
  /** Without commandId, which sync adds. */
  readonly args: Readonly<Record<string, unknown>>;
  /** The record args.id names, as it will look; when left out, what the name and args of the command imply. */
  readonly optimistic?: (record: CrmRecord) => CrmRecord;
  /** What the person did, for the undo toast and for "not sent yet". Without a label no undo is offered. */
  readonly label?: string;
  /** Of an undo: the label of the change that it takes back. */
  readonly undoes?: string;
  /** caller: the caller shows the refusal, beside its field perhaps; a notice is kept only if the caller is gone by then. */
  readonly refusal?: 'notice' | 'caller';
}

/**
 * absent: not there, or not for this person, which look the same. failed: no answer, or
 * a fault; asked again after the next welcome.
 */
export type ViewStatus = 'loading' | 'ready' | 'failed' | 'absent';

/** A screenful that was loaded over HTTP and is kept true by the stream. */
export interface ViewState {
  readonly key: string;
  readonly status: ViewStatus;
  readonly problem?: Problem;
  /** Ids in the order of the answer. */
  readonly ids: readonly string[];
  /** Of a list: how many there are in all; where the next page begins. */
  readonly total: number;
  /** There are more than total. */
  readonly more?: boolean;
  readonly next?: string;
  /** Of a single record: what this person may do with it. */
  readonly may: readonly string[];
}

/** What one can undo: the own last commands, the newest last. */
export interface Undoable {
  readonly commandId: string;
  /** Of its entry; undefined until the server has answered. */
  readonly offset?: number;
  readonly label: string;
  /** Milliseconds since 1970 when it was given. */
  readonly at: number;
  /** Ids of the records that it changed and left in their place. */
  readonly changed: readonly string[];
}

/** live: proven within the last heartbeats. catchingUp: something may be missing yet. offline: nobody answers. */
export type LiveState = 'live' | 'catchingUp' | 'offline';

/** Who we are, or why we do not know. */
export type SessionState = 'starting' | 'signedIn' | 'signedOut' | 'outdated' | 'replaced' | 'unreachable';

/** All that a tab shows, as one value: what is not in here no screen knows. */
export interface SyncState {
  readonly session: SessionState;
  readonly userId: string;
  /** Everything visible: server records plus pending commands. The map is the same object for ever; watch `revisions`. */
  readonly records: ReadonlyMap<string, CrmRecord>;
  /** By record type: rises whenever a visible record of the type changed. */
  readonly revisions: Readonly<Record<string, number>>;
  readonly views: Readonly<Record<string, ViewState>>;
  readonly pending: readonly PendingCommand[];
  /** Whether what waits survives a reload; false where the browser keeps nothing: a private window, a full disk. */
  readonly keepsUnsent: boolean;
  readonly undoable: readonly Undoable[];
  readonly live: LiveState;
  /** What this person may see has changed, and is being loaded: of all that policy decides about nothing is here. */
  readonly withdrawn: boolean;
  /** Milliseconds since 1970 of the last proof that nothing is missing. */
  readonly provenAt: number;
  readonly presence: readonly PresentPerson[];
  /** How many people there are beyond those. */
  readonly presenceMore: number;
  /** By import id. */
  readonly progress: Readonly<Record<string, Progress>>;
  /** By record type, predefined and custom. */
  readonly schema: Readonly<Record<string, readonly FieldInfo[]>>;
  /** "<action>:<type>" */
  readonly may: ReadonlySet<string>;
  /** Whose records, by "<action>:<type>"; of few actions only, see Bootstrap. */
  readonly reach: Readonly<Record<string, Reach>>;
  /** By id of a record that is held: who changed it last, while this screen was open; for "moved by" marks. */
  readonly lastHands: ReadonlyMap<string, LastHand>;
  /** By id of a record that went into the trash while this screen was open: who put it there. */
  readonly thrownAway: ReadonlyMap<string, LastHand>;
}

/** Who changed a record, when and by which command. */
export interface LastHand {
  readonly by: string;
  readonly at: number;
  readonly command: string;
}
