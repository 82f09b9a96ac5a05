import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb';
import type { PendingCommand } from './types.ts';

/** Where commands wait that the server has not answered: they survive a reload. */
export interface OutboxStorage {
  /** The commands of a person, oldest first. */
  all(userId: string): Promise<PendingCommand[]>;
  put(command: PendingCommand): Promise<void>;
  remove(commandId: string): Promise<void>;
  /** Removes everything of everybody. */
  wipe(): Promise<void>;
  /** Calls back when what is put ceases to survive a reload, and when it does again. Left out: it always does. */
  onKeeps?(tell: (keeps: boolean) => void): void;
}

interface Schema extends DBSchema {
  commands: { key: string; value: PendingCommand; indexes: { userId: string } };
}

const databaseName = 'rapport';

/** Keeps the outbox in IndexedDB, shared by all tabs. */
export function browserStorage(): OutboxStorage {
  let opened: Promise<IDBPDatabase<Schema>> | undefined;
  const open = () => {
    opened ??= openDB<Schema>(databaseName, 1, {
      upgrade: (db) => {
        db.createObjectStore('commands', { keyPath: 'commandId' }).createIndex('userId', 'userId');
      },
      // Another tab wipes or upgrades: let go, and open again when needed.
      blocking: (_current, _blocked, event) => {
        (event.target as IDBDatabase).close();
        opened = undefined;
      },
      terminated: () => {
        opened = undefined;
      },
    });
    // What was refused once may be allowed later.
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  return {
    // ULIDs: the order of keys is the order in time.
    all: async (userId) => (await (await open()).getAllFromIndex('commands', 'userId', userId)).sort(byId),
    put: async (command) => void (await (await open()).put('commands', command)),
    remove: async (commandId) => (await open()).delete('commands', commandId),
    wipe: async () => {
      (await opened)?.close();
      opened = undefined;
      await deleteDB(databaseName);
    },
  };
}

/** Keeps the outbox in memory, for tests: it lives as long as the test's browser. */
export function memoryStorage(): OutboxStorage {
  const commands = new Map<string, PendingCommand>();
  return {
    all: async (userId) => [...commands.values()].filter((command) => command.userId === userId).sort(byId),
    put: async (command) => void commands.set(command.commandId, command),
    remove: async (commandId) => void commands.delete(commandId),
    wipe: async () => commands.clear(),
  };
}

/**
 * The browser's storage; what that refuses is held in memory beside it: a private
 * window or a full disk must not lose the app. It says so, for what only memory
 * holds is lost on reload.
 */
export function safeStorage(durable: OutboxStorage): OutboxStorage {
  /** What the browser did not take; newer than what it holds of the same commands. */
  const unkept = new Map<string, PendingCommand>();
  let keeps = true;
  let tell: (keeps: boolean) => void = () => {};
  const know = (now: boolean) => {
    if (keeps === now) return;
    keeps = now;
    tell(keeps);
  };
  const refused = (error: unknown) => {
    if (keeps) console.warn('This browser keeps nothing: what is not sent is lost on reload.', error);
    know(false);
  };
  const taken = () => {
    if (unkept.size === 0) know(true);
  };
  return {
    all: async (userId) => {
      const stored = await durable.all(userId).catch((error: unknown) => {
        refused(error);
        return [];
      });
      const held = [...unkept.values()].filter((command) => command.userId === userId);
      return [...stored.filter(({ commandId }) => !unkept.has(commandId)), ...held].sort(byId);
    },
    put: async (command) => {
      // Before the browser is asked: it may take its time.
      unkept.set(command.commandId, command);
      try {
        await durable.put(command);
        if (unkept.get(command.commandId) === command) unkept.delete(command.commandId);
        taken();
      } catch (error) {
        refused(error);
      }
    },
    remove: async (commandId) => {
      unkept.delete(commandId);
      await durable.remove(commandId).then(taken, refused);
    },
    wipe: async () => {
      unkept.clear();
      await durable.wipe().then(taken, refused);
    },
    onKeeps: (told) => {
      tell = told;
    },
  };
}

function byId(a: PendingCommand, b: PendingCommand): number {
  return a.commandId < b.commandId ? -1 : 1;
}
