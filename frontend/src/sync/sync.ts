import { createStore, type StoreApi } from 'zustand/vanilla';
import { type Api, ApiError, type Client, createClient, superseded } from '../api/client.ts';
import type { CommandResult, Entry, Watch } from '../api/wire.ts';
import { newId } from '../lib/ulid.ts';
import { Commands } from './commands.ts';
import type { Environment } from './environment.ts';
import { Feed } from './feed.ts';
import { Leaving } from './leaving.ts';
import { Lists } from './lists.ts';
import type { CrmRecord } from './record.ts';
import { thrownAway } from './thrownAway.ts';
import type { CommandOutcome, CommandRequest, LastHand, SyncState } from './types.ts';
import { Visible } from './visible.ts';

/** One browser tab's live copy of what its person may see. */
export interface Sync {
  readonly store: StoreApi<SyncState>;
  /** Plain calls beside the live data. A 401 ends the session here too; what is got is not older than this screen. */
  readonly client: Api;
  /** Begins, or begins again. */
  start(): Promise<void>;
  /** Posts what ends in a session – a sign-in, an invitation – and begins again. It rejects with an ApiError. */
  enter(path: string, body: unknown): Promise<void>;
  /** Ends timers and socket; nothing is wiped. */
  stop(): void;
  /** Forgets everything, here and in the browser's other tabs, and ends the session as soon as the server can be told. */
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
  return new Tab(environment);
}

class Tab implements Sync {
  readonly store: StoreApi<SyncState>;
  readonly client: Api;
  readonly #environment: Environment;
  readonly #plain: Client;
  readonly #leaving: Leaving;
  readonly #lists: Lists;
  readonly #commands: Commands;
  readonly #feed: Feed;
  readonly #stopWaking: () => void;
  readonly #lastHands = new Map<string, LastHand>();
  #visible = this.#nothingVisible();
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.store = createStore<SyncState>(() => ({
      ...signedOutState,
      session: 'starting',
      records: this.#visible.records,
      lastHands: this.#lastHands,
      keepsUnsent: true,
    }));
    this.#plain = createClient(environment.fetch);
    this.#leaving = new Leaving(this.#plain, environment.leaving, (task) => environment.alone('session', task));
    const guarded = watchSession(this.#plain, () => {
      if (this.store.getState().session === 'signedIn') this.#forget('signedOut');
    });
    this.client = { ...guarded, get: (path, signal) => guarded.get(path, this.#feed.position(), signal) };
    this.#lists = new Lists(this.#plain);
    this.#commands = this.#makeCommands(guarded);
    this.#feed = this.#makeFeed();
    environment.storage.onKeeps?.((keepsUnsent) => this.store.setState({ keepsUnsent }));
    environment.channel.onMessage((message) => this.#hear(message));
    this.#stopWaking = environment.onWake(
      () => this.#wake(),
      () => this.#feed.gone(),
    );
  }

  #makeCommands(client: Client): Commands {
    return new Commands({
      environment: this.#environment,
      store: this.store,
      send: ({ name, args, commandId }) => client.post<CommandResult>(`/commands/${name}`, { ...args, commandId }),
      position: () => this.#feed.position(),
      onAnswer: (records, position) => this.#show(this.#feed.answer(records, position)),
      onPending: (pending) => this.#show(this.#visible.rebase(pending), { pending }),
    });
  }

  #makeFeed(): Feed {
    return new Feed({
      environment: this.#environment,
      client: this.#lists.client,
      store: this.store,
      screen: newId(this.#environment.now()),
      lastHands: this.#lastHands,
      show: (ids, more) => this.#show(ids, more),
      onEntries: (entries) => {
        this.#noteThrownAway(entries);
        this.#commands.settle(entries);
      },
      onOnline: () => void this.#commands.flush(),
      onReplaced: () => this.#show(new Set([...this.#visible.records.keys(), ...this.#feed.ids()])),
      definitions: () => this.#visible.ofType('field'),
      onEnd: (session) => this.#forget(session),
    });
  }

  start = async (): Promise<void> => {
    clearTimeout(this.#retry);
    const { store } = this;
    const left = await this.#leaving.finish();
    if (!left) store.setState({ session: 'signedOut' });
    else if (await this.#feed.start()) await this.#commands.start(store.getState().userId);
    if (!left || store.getState().session === 'unreachable') this.#retry = setTimeout(() => void this.start(), retryMs);
  };

  enter: Sync['enter'] = async (path, body) => {
    await this.#leaving.enter(() => this.client.post(path, body));
    await this.start();
  };

  stop = (): void => {
    clearTimeout(this.#retry);
    this.#stopWaking();
    this.#feed.stop();
    this.#commands.stop();
  };

  signOut = async (): Promise<void> => {
    const told = this.#leaving.leave();
    this.#forget('signedOut');
    if (!(await told)) this.#retry = setTimeout(() => void this.start(), retryMs);
  };

  run: Sync['run'] = (request, callerIsHere) => this.#commands.run(request, callerIsHere);
  undo: Sync['undo'] = () => this.#commands.undo();
  dismiss: Sync['dismiss'] = (commandId) => this.#commands.dismiss(commandId);
  reloadView: Sync['reloadView'] = (key) => void this.#feed.reload(key);
  watch: Sync['watch'] = (change) => this.#feed.watch(change);
  recordsOf: Sync['recordsOf'] = (type, filter) => this.#visible.ofType(type, filter);
  now: Sync['now'] = () => this.#environment.now();

  openView: Sync['openView'] = (key) => {
    const leave = [this.#lists.enter(key), this.#feed.openView(key)];
    // It was left before it was there.
    if (this.store.getState().views[key]?.problem?.code === superseded.code) this.reloadView(key);
    return () => {
      for (const each of leave) each();
    };
  };

  /** Shows what changed: the records touched, and whatever else is in `more`. */
  #show(ids: Iterable<string>, more: Partial<SyncState> = {}): void {
    const types = this.#visible.update(ids);
    if (types.size === 0 && Object.keys(more).length === 0) return;
    this.store.setState((state) => {
      const revisions = { ...state.revisions };
      for (const type of types) revisions[type] = (revisions[type] ?? 0) + 1;
      return { ...more, revisions };
    });
  }

  #noteThrownAway(entries: readonly Entry[]): void {
    const known = this.store.getState().thrownAway;
    const now = thrownAway(known, entries);
    if (now !== known) this.store.setState({ thrownAway: now });
  }

  /** The network or the person may be back. */
  #wake(): void {
    if (this.store.getState().session === 'unreachable') void this.start();
    else void this.#leaving.finish();
    this.#feed.wake();
    void this.#commands.flush();
  }

  /** Another tab of this browser has something to say. */
  #hear(message: unknown): void {
    if (isSignedOut(message) && this.store.getState().session === 'signedIn') this.#forget('signedOut');
    else this.#commands.receive(message);
  }

  /** Drops all that was loaded or waits. */
  #forget(session: SyncState['session']): void {
    const { channel, storage } = this.#environment;
    this.#feed.stop();
    this.#commands.stop();
    this.#visible = this.#nothingVisible();
    this.#lastHands.clear();
    this.store.setState({ ...signedOutState, session, records: this.#visible.records });
    if (session !== 'signedOut') return;
    channel.post({ kind: 'signedOut' });
    void storage.wipe();
  }

  #nothingVisible(): Visible {
    return new Visible((id) => this.#feed.server(id));
  }
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
