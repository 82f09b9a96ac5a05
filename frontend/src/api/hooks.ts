/**
 * All that features know of data. Records are live: a component is rendered
 * again when what it asked for changes, and only then.
 */
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { useStore } from 'zustand';
import { subject } from '../sync/effects.ts';
import type { CrmRecord } from '../sync/record.ts';
import { text } from '../sync/record.ts';
import type { Sync } from '../sync/sync.ts';
import type {
  CommandOutcome,
  CommandRequest,
  LastHand,
  LiveState,
  PendingCommand,
  SyncState,
  Undoable,
  ViewState,
} from '../sync/types.ts';
import { unloaded } from '../sync/views.ts';
import type { FieldInfo, PresentPerson, Problem, Progress, Reach } from './wire.ts';

export type { CrmRecord, Fields, FieldsOf } from '../sync/record.ts';
export { text } from '../sync/record.ts';
export type { CommandOutcome, CommandRequest, PendingCommand, Undoable, ViewState } from '../sync/types.ts';
export { ApiError, problemOf } from './client.ts';

const SyncContext = createContext<Sync | null>(null);

/** Hands the Sync of this tab to all that is below it. */
export const SyncProvider = SyncContext.Provider;

/** The one Sync of this tab. */
export function useSync(): Sync {
  const sync = useContext(SyncContext);
  if (!sync) throw new Error('useSync outside of SyncProvider');
  return sync;
}

/** A part of the state; select must return the same value while nothing changed. */
export function useSyncState<T>(select: (state: SyncState) => T): T {
  return useStore(useSync().store, select);
}

/** One record, or undefined while it is not loaded, hidden or in the trash. */
export function useRecord(id: string | undefined): CrmRecord | undefined {
  return useSyncState((state) => (id ? state.records.get(id) : undefined));
}

/**
 * All loaded records of a type that pass the filter, ordered by id (oldest first).
 * Keep the filter stable (useCallback): a new one filters again.
 */
export function useRecords<T extends string>(type: T, filter?: (record: CrmRecord<T>) => boolean): readonly CrmRecord<T>[] {
  const sync = useSync();
  const revision = useSyncState((state) => state.revisions[type] ?? 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the map is mutable, its revision says when it changed
  return useMemo(() => sync.recordsOf(type, filter), [sync, type, filter, revision]);
}

const noView = unloaded('');

function useView(key: string | undefined): ViewState & { reload(): void } {
  const sync = useSync();
  useEffect(() => (key ? sync.openView(key) : undefined), [sync, key]);
  const view = useSyncState((state) => (key ? state.views[key] : undefined)) ?? noView;
  const reload = useCallback(() => {
    if (key) sync.reloadView(key);
  }, [sync, key]);
  return useMemo(() => ({ ...view, reload }), [view, reload]);
}

/** A board that is shown; status and problem are those of its load, the records are live. */
export interface BoardState {
  readonly status: ViewState['status'];
  readonly problem?: Problem;
  readonly board: CrmRecord | undefined;
  readonly pipeline: CrmRecord | undefined;
  /** All deals of the board that this person may see, in no particular order; sort by stageId and order. */
  readonly deals: readonly CrmRecord[];
  reload(): void;
}

/** A board and its deals: those of its pipeline whose department is the board's or below it. */
export function useBoard(boardId: string): BoardState {
  const { status, problem, reload } = useView(`/boards/${boardId}`);
  const board = useRecord(boardId);
  const pipeline = useRecord(text(board, 'pipelineId') || undefined);
  const departments = useDepartmentsBelow(text(board, 'departmentId'));
  const pipelineId = text(board, 'pipelineId');
  const onBoard = useCallback(
    (deal: CrmRecord) => text(deal, 'pipelineId') === pipelineId && departments.has(text(deal, 'departmentId')),
    [pipelineId, departments],
  );
  const deals = useRecords('deal', onBoard);
  return useMemo(
    () => ({ status, board, pipeline, deals, reload, ...(problem && { problem }) }),
    [status, board, pipeline, deals, reload, problem],
  );
}

/** The ids of a department and of all below it. */
export function useDepartmentsBelow(id: string): ReadonlySet<string> {
  const departments = useRecords('department');
  return useMemo(() => {
    const found = new Set([id]);
    for (let size = 0; size !== found.size; ) {
      size = found.size;
      for (const d of departments) if (found.has(text(d, 'parentId'))) found.add(d.id);
    }
    return found;
  }, [departments, id]);
}

/** A record that is shown with what hangs on it; while it is live it is here even if the load failed. */
export interface RecordViewState {
  readonly status: ViewState['status'];
  readonly problem?: Problem;
  readonly record: CrmRecord | undefined;
  /** What this person may do with it: edit, move, assign, comment, delete, share. */
  readonly may: readonly string[];
  reload(): void;
}

/**
 * A record's page: loads the record with its comments, contacts, deals and
 * customer. Read those with useRecords and a filter on recordId or customerId.
 */
export function useRecordView(id: string | undefined): RecordViewState {
  const { status, problem, may, reload } = useView(id ? `/records/${id}` : undefined);
  const record = useRecord(id);
  return { status, record, may, reload, ...(problem && { problem }) };
}

/** One page of a list that is shown. */
export interface ListState {
  readonly status: ViewState['status'];
  readonly problem?: Problem;
  /** In the order of the answer; those that were hidden since are left out. */
  readonly records: readonly CrmRecord[];
  /** How many there are on all pages; with moreThanTotal, so many and more. */
  readonly total: number;
  readonly moreThanTotal: boolean;
  /** Give back as ?after= for the next page. */
  readonly next?: string;
  reload(): void;
}

/** A page of a list, e.g. "/records?type=customer&q=nord". */
export function useList(path: string | undefined): ListState {
  const { status, problem, ids, total, more = false, next, reload } = useView(path);
  const sync = useSync();
  const revisions = useSyncState((state) => state.revisions);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the map is mutable, its revisions say when it changed
  const records = useMemo(() => ids.flatMap((id) => sync.store.getState().records.get(id) ?? []), [ids, sync, revisions]);
  return { status, records, total, moreThanTotal: more, reload, ...(problem && { problem }), ...(next && { next }) };
}

/** The signed-in person's record. */
export function useMe(): CrmRecord | undefined {
  return useRecord(useSyncState((state) => state.userId));
}

/** Whether the person may do this somewhere, e.g. "edit:deal". The server decides again each time. */
export function useMay(what: string): boolean {
  return useSyncState((state) => state.may.has(what));
}

const nowhere: Reach = { own: false, departments: [] };

/** Whose records the person may do this to, e.g. "administer:pipeline". The server decides again each time. */
export function useReach(what: 'move:deal' | 'create:board' | 'administer:pipeline' | 'administer:field'): Reach {
  return useSyncState((state) => state.reach[what] ?? nowhere);
}

/** The company: name, currency (ISO 4217), time zone (IANA). */
export function useWorkspace(): { name: string; currency: string; timeZone: string } {
  const [workspace] = useRecords('workspace');
  return useMemo(
    () => ({
      name: text(workspace, 'name'),
      currency: text(workspace, 'currency') || 'EUR',
      timeZone: text(workspace, 'timeZone') || 'UTC',
    }),
    [workspace],
  );
}

const noFields: readonly FieldInfo[] = [];

/** The fields of a record type in display order, custom ones included. */
export function useSchema(type: string): readonly FieldInfo[] {
  return useSyncState((state) => state.schema[type] ?? noFields);
}

/** How true this screen is. */
export interface Live {
  readonly state: LiveState;
  /** Age of the last proof that nothing is missing, in milliseconds. */
  readonly ageMs: number;
  /** Since when it is not live, in milliseconds since 1970. */
  readonly since: number;
}

/** How true this screen is, looked at twice a second. */
export function useLive(): Live {
  const sync = useSync();
  const last = useRef<Live>({ state: 'offline', ageMs: 0, since: 0 });
  const subscribe = useCallback(
    (changed: () => void) => {
      const timer = setInterval(changed, 500);
      const stop = sync.store.subscribe(changed);
      return () => {
        clearInterval(timer);
        stop();
      };
    },
    [sync],
  );
  return useSyncExternalStore(subscribe, () => {
    const { live, provenAt } = sync.store.getState();
    // Tenths of a second: finer steps would only flicker.
    const ageMs = Math.max(0, Math.round((sync.now() - provenAt) / 100) * 100);
    const { state, since } = last.current;
    if (state !== live || last.current.ageMs !== ageMs || since !== provenAt)
      last.current = { state: live, ageMs, since: provenAt };
    return last.current;
  });
}

/** Everybody else on the boards and records this tab shows. */
export function usePresence(): readonly PresentPerson[] {
  return useSyncState((state) => state.presence);
}

/** How many people there are beyond those whom usePresence names. */
export function usePresenceMore(): number {
  return useSyncState((state) => state.presenceMore);
}

/** Tells others what this tab shows: the board, the open record, the card in the hand. '' means none. */
export function useWatch(watch: { boardId?: string; record?: string; holding?: string }): void {
  const sync = useSync();
  const { boardId, record, holding } = watch;
  useEffect(() => {
    const mine = {
      ...(boardId !== undefined && { boardId }),
      ...(record !== undefined && { record }),
      ...(holding !== undefined && { holding }),
    };
    sync.watch(mine);
    return () => sync.watch({ ...(boardId && { boardId: '' }), ...(record && { record: '' }), ...(holding && { holding: '' }) });
  }, [sync, boardId, record, holding]);
}

/** The progress of an import this person started. */
export function useProgress(importId: string): Progress | undefined {
  return useSyncState((state) => state.progress[importId]);
}

/** Who changed a record last while this screen was open, if it was somebody else. */
export function useLastHand(id: string): LastHand | undefined {
  return useSyncState((state) => state.lastHands.get(id));
}

/** Who put a record into the trash that this screen has seen; undefined for one that is here, or hidden. */
export function useThrownAway(id: string): LastHand | undefined {
  return useSyncState((state) => state.thrownAway.get(id));
}

/**
 * Gives a command: its effect shows at once, the promise ends with the
 * server's word – after a reconnect, if need be. It never rejects. Of a refusal
 * that comes when this component is gone a notice is kept in any case.
 */
export function useCommand(): (request: CommandRequest) => Promise<CommandOutcome> {
  const sync = useSync();
  const here = useRef(false);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  return useCallback((request) => sync.run(request, () => here.current), [sync]);
}

/** The own commands that wait or were refused; those that are committed are not among them. */
export interface Outbox {
  /** Whether all of it survives a reload; false where the browser keeps nothing. */
  readonly keeps: boolean;
  /** Given and not yet confirmed, oldest first. */
  readonly waiting: readonly PendingCommand[];
  /** Refused and not yet read; problem.current holds the others' values, wanted one's own. */
  readonly refused: readonly PendingCommand[];
  /** The person has read the refusal. */
  dismiss(commandId: string): void;
}

/** What is not sent yet and what was refused. */
export function useOutbox(): Outbox {
  const sync = useSync();
  const pending = useSyncState((state) => state.pending);
  const keeps = useSyncState((state) => state.keepsUnsent);
  return useMemo(
    () => ({
      keeps,
      waiting: pending.filter((command) => command.state === 'waiting'),
      refused: pending.filter((command) => command.state === 'refused'),
      dismiss: sync.dismiss,
    }),
    [pending, keeps, sync],
  );
}

/** Whether a record shows something the server has not confirmed. */
export function useIsPending(id: string): boolean {
  return useSyncState((state) =>
    state.pending.some((command) => command.state === 'waiting' && command.effects.some((effect) => subject(effect) === id)),
  );
}

/** The own last command and the way back. */
export function useUndo(): { last: Undoable | undefined; undo(): Promise<CommandOutcome | undefined> } {
  const sync = useSync();
  const last = useSyncState((state) => state.undoable.at(-1));
  return { last, undo: sync.undo };
}

/** Plain calls, for what is not live: history, imports, devices, sign-in. Failures are ApiErrors. */
export function useApi(): Sync['client'] {
  return useSync().client;
}
