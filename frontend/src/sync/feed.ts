import type { StoreApi } from 'zustand/vanilla';
import { type Client, problemOf } from '../api/client.ts';
import {
  type Bootstrap,
  type ByeReason,
  type EntriesFrame,
  type Entry,
  type Position,
  type Problem,
  protocolVersion,
  type ServerMessage,
  type Watch,
  type Welcome,
} from '../api/wire.ts';
import { hearServerTime } from '../lib/clock.ts';
import { Connection } from './connection.ts';
import type { Environment } from './environment.ts';
import { follow, greet } from './follow.ts';
import { type CrmRecord, fromWire } from './record.ts';
import { Replica } from './replica.ts';
import { schemaFrom } from './schema.ts';
import type { LastHand, SyncState } from './types.ts';
import { OpenViews, readyView, recordsIn, unloaded, type ViewAnswer } from './views.ts';

export interface FeedOptions {
  readonly environment: Environment;
  readonly client: Client;
  readonly store: StoreApi<SyncState>;
  /** ULID of this tab. */
  readonly screen: string;
  readonly lastHands: Map<string, LastHand>;
  /** Brings touched records to the screen. */
  show(ids: Iterable<string>, more?: Partial<SyncState>): void;
  onEntries(entries: readonly Entry[]): void;
  /** A socket is up: what waits can be sent. */
  onOnline(): void;
  /** All records may differ: a snapshot took their place. */
  onReplaced(): void;
  /** The visible records of type field. */
  definitions(): readonly CrmRecord[];
  onEnd(session: SyncState['session']): void;
}

const nowhere: Position = { epoch: '', offset: 0 };
// Entries that were missed follow a welcome without a pause; after this much silence there are none.
const quietMs = 300;
// Many records that change their place at once make one new load.
const gatherMs = 300;
// A load that nobody answered is tried again after this long.
const retryMs = 2_000;

/** The server's side of the state: loads, follows the stream, and loads again when it must. */
export class Feed {
  readonly #o: FeedOptions;
  readonly #connection: Connection;
  readonly #views: OpenViews;
  #replica = new Replica(nowhere);
  /** Takes the place of #replica when all that is shown is in it. */
  #next: Replica | undefined;
  #watch: Watch = { type: 'watch', boardId: '', record: '', holding: '' };
  #bootstrap: Bootstrap | undefined;
  readonly #stale = new Set<string>();
  #quiet: ReturnType<typeof setTimeout> | undefined;
  /** For how long the server itself has not known whether it is current. */
  #ageMs = 0;
  #gather: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(o: FeedOptions) {
    this.#o = o;
    const { openSocket, now, random } = o.environment;
    this.#views = new OpenViews((key) => this.#forgetView(key));
    this.#connection = new Connection({
      open: openSocket,
      now,
      random,
      hello: () => ({
        type: 'hello',
        protocol: protocolVersion,
        position: this.#seen().position,
        audience: this.#seen().audience,
        screen: o.screen,
      }),
      watch: () => this.#watch,
      onMessage: (message) => this.#receive(message),
      onState: (state, attempts) => this.#connected(state, attempts),
      onEnd: (reason) => o.onEnd(sessionAfter(reason)),
    });
  }

  /** Loads what the app needs before its first screen, then follows. False: nobody is signed in, or no answer. */
  async start(): Promise<boolean> {
    try {
      const bootstrap = await this.#o.client.get<Bootstrap>('/bootstrap');
      this.#replica = new Replica(bootstrap.position, bootstrap.audience);
      this.#takeBootstrap(this.#replica, this.#replica.beginLoad(), bootstrap);
      this.#o.store.setState({
        session: 'signedIn',
        userId: bootstrap.userId,
        live: 'catchingUp',
        provenAt: this.#o.environment.now(),
      });
      this.#connection.start();
      return true;
    } catch (error) {
      const signedOut = problemOf(error).status === 401;
      this.#o.store.setState({ session: signedOut ? 'signedOut' : 'unreachable' });
      return false;
    }
  }

  stop(): void {
    this.#connection.stop();
    clearTimeout(this.#quiet);
    clearTimeout(this.#gather);
    clearTimeout(this.#retry);
    this.#stale.clear();
    this.#views.clear();
    this.#replica = new Replica(nowhere);
    this.#next = undefined;
    this.#bootstrap = undefined;
  }

  wake(): void {
    this.#connection.wake();
  }

  gone(): void {
    this.#connection.gone();
  }

  server(id: string): CrmRecord | undefined {
    return this.#replica.get(id);
  }

  ids(): Iterable<string> {
    return this.#replica.ids();
  }

  position(): Position {
    return this.#replica.position;
  }

  /** Takes in what the answer to a command brought. */
  answer(records: readonly CrmRecord[], position: Position): Set<string> {
    this.#next?.mergeAnswer(records, position);
    return this.#replica.mergeAnswer(records, position);
  }

  openView(key: string): () => void {
    if (this.#views.enter(key)) void this.reload(key);
    let left = false;
    return () => {
      if (!left) this.#views.leave(key);
      left = true;
    };
  }

  /** Loads a view; what is on the screen stays until the answer is here. */
  async reload(key: string): Promise<void> {
    await this.#load(key, this.#seen());
  }

  watch(change: Partial<Omit<Watch, 'type'>>): void {
    this.#watch = { ...this.#watch, ...change };
    this.#connection.sendWatch();
  }

  /** The replica that follows the stream. */
  #seen(): Replica {
    return this.#next ?? this.#replica;
  }

  #receive(message: ServerMessage): void {
    const { store, environment } = this.#o;
    switch (message.type) {
      case 'welcome':
        return this.#welcome(message);
      case 'entries':
        return this.#entries(message);
      case 'heartbeat':
        // Less than what came, or more: something is missing that no frame told of.
        if (message.offset !== this.#seen().position.offset) return this.#connection.reconnect();
        this.#ageMs = message.ageMs ?? 0;
        hearServerTime(message.time);
        return this.#proven();
      case 'presence':
        return store.setState({ presence: message.people, presenceMore: message.more ?? 0 });
      case 'progress':
        return store.setState((state) => ({ progress: { ...state.progress, [message.importId]: message } }));
      case 'bye':
        return;
      default:
        console.warn('A message of a newer server was skipped.', message satisfies never, environment.now());
    }
  }

  #welcome(welcome: Welcome): void {
    this.#ageMs = welcome.ageMs ?? 0;
    hearServerTime(welcome.serverTime);
    const step = greet(this.#seen().position, welcome);
    if (step.do === 'snapshot') {
      // Who sees otherwise now may have lost what is on the screen; who was only away for long has not.
      if (welcome.audience !== this.#seen().audience) this.#withdraw();
      void this.#replace(step.position, welcome.audience);
    } else {
      this.#seen().audience = welcome.audience;
      this.#retryFailed();
      this.#awaitQuiet();
    }
    this.#o.onOnline();
  }

  #entries(frame: EntriesFrame): void {
    const seen = this.#seen();
    const step = follow(seen.position, frame);
    if (step.do === 'reconnect') return this.#connection.reconnect();
    if (step.do !== 'apply') return;
    const { touched, forgotten, arrived } = seen.apply(step.entries, step.position);
    if (seen === this.#replica) this.#show(step.entries, touched);
    const shown = this.#views.shown();
    if (arrived) this.#gatherReload(shown);
    else if (forgotten.size > 0)
      this.#gatherReload(shown.filter((key) => [...forgotten].some((id) => key.startsWith(`/records/${id}`))));
    if (frame.audience) {
      seen.audience = frame.audience;
      void this.#load('/bootstrap', seen);
    }
    if (this.#o.store.getState().live === 'live') this.#proven();
    else if (!this.#next) this.#awaitQuiet();
  }

  #show(entries: readonly Entry[], touched: ReadonlySet<string>): void {
    const { userId } = this.#o.store.getState();
    for (const { by, at = '', command = '', ops } of entries) {
      if (!by || by === userId) continue;
      for (const { id } of ops) {
        // Of what is not here, or not any more, nobody asks.
        if (this.#replica.get(id)) this.#o.lastHands.set(id, { by, at: Date.parse(at), command });
        else this.#o.lastHands.delete(id);
      }
    }
    this.#o.show(touched);
    this.#o.onEntries(entries);
    if (entries.some(({ ops }) => ops.some(({ t }) => t === 'field'))) this.#publishSchema();
  }

  /** Takes all that policy may have taken from the screen at once; what is still visible comes back with the snapshot. */
  #withdraw(): void {
    this.#replica = this.#replica.outline();
    this.#next = undefined;
    this.#o.lastHands.clear();
    this.#o.onReplaced();
    this.#o.store.setState({ withdrawn: true, thrownAway: new Map() });
    for (const key of this.#views.shown()) this.#setView(key, () => unloaded(key));
  }

  /** Loads everything that is shown again and then changes over at once. */
  async #replace(position: Position, audience: string): Promise<void> {
    const next = new Replica(position, audience);
    this.#next = next;
    this.#o.store.setState({ live: 'catchingUp' });
    this.#views.dropUnshown();
    const loaded = await Promise.all(['/bootstrap', ...this.#views.shown()].map((key) => this.#load(key, next)));
    if (this.#next !== next) return; // a later snapshot overtook this one
    this.#next = undefined;
    if (loaded.includes(false)) {
      // From the old position and audience, which ask for the snapshot once more.
      this.#retry = setTimeout(() => this.#connection.reconnect(), retryMs);
      return;
    }
    this.#replica = next;
    this.#o.store.setState({ withdrawn: false });
    this.#o.onReplaced();
    this.#o.onEntries([]);
    this.#publishSchema();
    this.#awaitQuiet();
  }

  /** Returns false when nobody answered; a view that was refused or failed is settled and says so. */
  async #load(key: string, into: Replica): Promise<boolean> {
    if (key !== '/bootstrap') this.#setView(key, (view) => (view.status === 'ready' ? view : { ...view, status: 'loading' }));
    const load = into.beginLoad();
    try {
      const answer = await this.#o.client.get<ViewAnswer>(key, into.position);
      if (key === '/bootstrap') {
        this.#takeBootstrap(into, load, answer as ViewAnswer & Bootstrap);
        return true;
      }
      const { whole, parts } = recordsIn(answer);
      this.#take(into, into.merge(load, whole, answer.position, parts));
      this.#setView(key, () => readyView(key, answer));
      return true;
    } catch (error) {
      into.endLoad(load);
      const problem = problemOf(error);
      if (problem.status === 401) this.#o.onEnd('signedOut');
      const absent = problem.status === 404 || problem.status === 403;
      this.#setView(key, (view) => ({ ...view, status: absent ? 'absent' : 'failed', problem }));
      return isAnswer(problem);
    }
  }

  #retryFailed(): void {
    const { views } = this.#o.store.getState();
    for (const key of this.#views.shown()) if (views[key]?.status === 'failed') void this.reload(key);
  }

  #takeBootstrap(into: Replica, load: symbol, bootstrap: Bootstrap): void {
    this.#bootstrap = bootstrap;
    this.#take(into, into.merge(load, bootstrap.records.map(fromWire), bootstrap.position));
    this.#o.store.setState({ may: new Set(bootstrap.may), reach: bootstrap.reach });
    this.#publishSchema();
  }

  /** Shows merged records, unless they wait for the rest of a snapshot. */
  #take(into: Replica, touched: ReadonlySet<string>): void {
    if (into === this.#replica) this.#o.show(touched);
  }

  #publishSchema(): void {
    this.#o.store.setState({ schema: schemaFrom(this.#bootstrap?.schema ?? [], this.#o.definitions()) });
  }

  #gatherReload(keys: readonly string[]): void {
    for (const key of keys) this.#stale.add(key);
    if (this.#stale.size === 0) return;
    clearTimeout(this.#gather);
    this.#gather = setTimeout(() => {
      const stale = [...this.#stale];
      this.#stale.clear();
      for (const key of stale) void this.reload(key);
    }, gatherMs);
  }

  #setView(key: string, change: (view: SyncState['views'][string]) => SyncState['views'][string]): void {
    this.#o.store.setState(({ views }) => {
      const view = views[key] ?? unloaded(key);
      return { views: { ...views, [key]: change(view) } };
    });
  }

  #forgetView(key: string): void {
    this.#o.store.setState(({ views }) => ({
      views: Object.fromEntries(Object.entries(views).filter(([name]) => name !== key)),
    }));
  }

  #connected(state: 'opened' | 'lost', attempts: number): void {
    clearTimeout(this.#quiet);
    this.#o.store.setState({
      live: state === 'opened' || attempts === 0 ? 'catchingUp' : 'offline',
      presence: [],
      presenceMore: 0,
    });
    // A refused handshake looks like no network. Ask, now and then, whether the session has ended.
    if (state === 'lost' && attempts % 3 === 2) void this.#askSession();
  }

  async #askSession(): Promise<void> {
    await this.#o.client.get('/devices').catch((error) => {
      if (problemOf(error).status === 401) this.#o.onEnd('signedOut');
    });
  }

  #awaitQuiet(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => {
      if (!this.#next) this.#proven();
    }, quietMs);
  }

  #proven(): void {
    clearTimeout(this.#quiet);
    if (this.#next) return;
    const live = this.#ageMs > 0 ? 'catchingUp' : 'live';
    this.#o.store.setState({ live, provenAt: this.#o.environment.now() - this.#ageMs });
  }
}

function sessionAfter(reason: ByeReason): SyncState['session'] {
  if (reason === 'replaced') return 'replaced';
  return reason === 'session_ended' ? 'signedOut' : 'outdated';
}

/** Whether somebody answered, and asking again would bring the same. */
function isAnswer({ status }: Problem): boolean {
  return status === 500 || (status >= 400 && status < 500 && ![401, 408, 429].includes(status));
}
