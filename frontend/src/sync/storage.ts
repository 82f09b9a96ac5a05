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

/** Keeps the outbox in memory: for tests, and for browsers that allow no storage. */
export function memoryStorage(): OutboxStorage {
  const commands = new Map<string, PendingCommand>();
  return {
    all: async (userId) => [...commands.values()].filter((command) => command.userId === userId).sort(byId),
    put: async (command) => void commands.set(command.commandId, command),
    remove: async (commandId) => void commands.delete(commandId),
    wipe: async () => commands.clear(),
  };
}

/** The browser's storage, or memory when that fails: a private window must not lose the app. */
export function safeStorage(durable: OutboxStorage, memory: OutboxStorage = memoryStorage()): OutboxStorage {
  let failed = false;
  const attempt = async <T>(use: (storage: OutboxStorage) => Promise<T>): Promise<T> => {
    if (!failed) {
      try {
        return await use(durable);
      } catch (error) {
        failed = true;
        console.warn('No storage in this browser: what is not sent is lost on reload.', error);
      }
    }
    return use(memory);
  };
  return {
    all: (userId) => attempt((storage) => storage.all(userId)),
    put: (command) => attempt((storage) => storage.put(command)),
    remove: (commandId) => attempt((storage) => storage.remove(commandId)),
    wipe: () => attempt((storage) => storage.wipe()),
  };
}

function byId(a: PendingCommand, b: PendingCommand): number {
  return a.commandId < b.commandId ? -1 : 1;
}
