import { createStore, type StoreApi } from 'zustand/vanilla';
import { type Api, ApiError, type Client, createClient, superseded } from '../api/client.ts';
import type { CommandResult, Watch } from '../api/wire.ts';
import { newId } from '../lib/ulid.ts';
import { Commands } from './commands.ts';
import type { Environment } from './environment.ts';
import { Feed } from './feed.ts';
import { Lists } from './lists.ts';
import type { CrmRecord } from './record.ts';
import { thrownAway } from './thrownAway.ts';
import type { CommandOutcome, CommandRequest, SyncState } from './types.ts';
import { Visible } from './visible.ts';

/** One browser tab's live copy of what its person may see. */
export interface Sync {
  readonly store: StoreApi<SyncState>;
  /** Plain calls beside the live data. A 401 ends the session here too; what is got is not older than this screen. */
  readonly client: Api;
  /** Begins, or begins again after a sign-in. */
  start(): Promise<void>;
  /** Ends timers and socket; nothing is wiped. */
  stop(): void;
  /** Signs out here and in the browser's other tabs, and forgets everything. */
  signOut(): Promise<void>;
  /** callerIsHere: whether the caller can still show a refusal; asked when there is one. */
  run(request: CommandRequest, callerIsHere?: () => boolean): Promise<CommandOutcome>;
  undo(): Promise<CommandOutcome | undefined>;
  /** Forgets a refused command. */
  dismiss(commandId: string): void;
  /** Shows a view until the returned function is called. */
  openView(key: string): () => void;
  reloadView(key: string): void;
  watch(change: Partial<Omit<Watch, 'type'>>): void;
  /** The visible records of a type, ordered by id. */
  recordsOf<T extends string>(type: T, filter?: (record: CrmRecord<T>) => boolean): CrmRecord<T>[];
  now(): number;
}

// A server that does not answer at the first load is asked again after this long.
const retryMs = 3_000;

const signedOutState = {
  session: 'signedOut',
  userId: '',
  revisions: {},
  views: {},
  pending: [],
  undoable: [],
  live: 'offline',
  withdrawn: false,
  provenAt: 0,
  presence: [],
  presenceMore: 0,
  progress: {},
  schema: {},
  may: new Set<string>(),
  reach: {},
  thrownAway: new Map(),
} as const satisfies Partial<SyncState>;

/** Makes the Sync of a tab, which does nothing before start(). */
export function createSync(environment: Environment): Sync {
  let visible = new Visible((id) => feed.server(id));
  const lastHands = new Map();
  const store = createStore<SyncState>(() => ({
    ...signedOutState,
    session: 'starting',
    records: visible.records,
    lastHands,
    keepsUnsent: true,
  }));
  environment.storage.onKeeps?.((keepsUnsent) => store.setState({ keepsUnsent }));
  const screen = newId(environment.now());

  /** Shows what changed: the records touched, and whatever else is in `more`. */
  const show = (ids: Iterable<string>, more: Partial<SyncState> = {}) => {
    const types = visible.update(ids);
    if (types.size === 0 && Object.keys(more).length === 0) return;
    store.setState((state) => {
      const revisions = { ...state.revisions };
      for (const type of types) revisions[type] = (revisions[type] ?? 0) + 1;
      return { ...more, revisions };
    });
  };

  const plain = createClient(environment.fetch);
  const lists = new Lists(plain);
  const guarded = watchSession(plain, () => {
    if (store.getState().session === 'signedIn') forget('signedOut');
  });
  const commands = new Commands({
    environment,
    store,
    send: ({ name, args, commandId }) => guarded.post<CommandResult>(`/commands/${name}`, { ...args, commandId }),
    position: () => feed.position(),
    onAnswer: (records, position) => show(feed.answer(records, position)),
    onPending: (pending) => show(visible.rebase(pending), { pending }),
  });
  const feed = new Feed({
    environment,
    client: lists.client,
    store,
    screen,
    lastHands,
    show,
    onEntries: (entries) => {
      const known = store.getState().thrownAway;
      const thrown = thrownAway(known, entries);
      if (thrown !== known) store.setState({ thrownAway: thrown });
      commands.settle(entries);
    },
    onOnline: () => void commands.flush(),
    onReplaced: () => show(new Set([...visible.records.keys(), ...feed.ids()])),
    definitions: () => visible.ofType('field'),
    onEnd: (session) => forget(session),
  });

  /** Drops all that was loaded or waits. */
  function forget(session: SyncState['session']): void {
    feed.stop();
    commands.stop();
    visible = new Visible((id) => feed.server(id));
    lastHands.clear();
    store.setState({ ...signedOutState, session, records: visible.records });
    if (session !== 'signedOut') return;
    environment.channel.post({ kind: 'signedOut' });
    void environment.storage.wipe();
  }

  let retry: ReturnType<typeof setTimeout> | undefined;
  async function start(): Promise<void> {
    clearTimeout(retry);
    if (await feed.start()) await commands.start(store.getState().userId);
    else if (store.getState().session === 'unreachable') retry = setTimeout(() => void start(), retryMs);
  }

  environment.channel.onMessage((message) => {
    if (isSignedOut(message) && store.getState().session === 'signedIn') forget('signedOut');
    else commands.receive(message);
  });
  const stopWaking = environment.onWake(
    () => {
      if (store.getState().session === 'unreachable') void start();
      feed.wake();
      void commands.flush();
    },
    () => feed.gone(),
  );

  return {
    store,
    client: { ...guarded, get: (path, signal) => guarded.get(path, feed.position(), signal) },
    start,
    stop: () => {
      clearTimeout(retry);
      stopWaking();
      feed.stop();
      commands.stop();
    },
    signOut: async () => {
      await plain.delete('/session').catch(() => undefined); // without a network the cookie stays, the data does not
      forget('signedOut');
    },
    run: (request, callerIsHere) => commands.run(request, callerIsHere),
    undo: () => commands.undo(),
    dismiss: (commandId) => commands.dismiss(commandId),
    openView: (key) => {
      const leave = [lists.enter(key), feed.openView(key)];
      // It was left before it was there.
      if (store.getState().views[key]?.problem?.code === superseded.code) void feed.reload(key);
      return () => {
        for (const each of leave) each();
      };
    },
    reloadView: (key) => void feed.reload(key),
    watch: (change) => feed.watch(change),
    recordsOf: (type, filter) => visible.ofType(type, filter),
    now: environment.now,
  };
}

function isSignedOut(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'signedOut';
}

/** The client, telling when an answer says that the session has ended. */
function watchSession(client: Client, onEnded: () => void): Client {
  const watched = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 401) onEnded();
      throw error;
    }
  };
  return {
    get: (path, atLeast, signal) => watched(client.get(path, atLeast, signal)),
    post: (path, body) => watched(client.post(path, body)),
    delete: (path) => watched(client.delete(path)),
  };
}
