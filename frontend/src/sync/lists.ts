import type { Client } from '../api/client.ts';

/**
 * Ends the loads of lists that nobody looks at any more. With each letter of a
 * search the list of the letters before is left; its answer would only be in the
 * way of the one that is waited for. Boards and records are loaded to the end,
 * for "back" shows them at once.
 */
export class Lists {
  /** A client whose loads of lists end when the list is left; such a load fails as "superseded". */
  readonly client: Client;
  readonly #open = new Map<string, number>();
  readonly #loads = new Map<string, Set<AbortController>>();

  constructor(client: Client) {
    this.client = {
      ...client,
      get: (path, atLeast) => (isList(path) ? this.#load(client, path, atLeast) : client.get(path, atLeast)),
    };
  }

  /** Somebody looks at a view, until the returned function is called. */
  enter(key: string): () => void {
    this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    let left = false;
    return () => {
      if (!left) this.#leave(key);
      left = true;
    };
  }

  #leave(key: string): void {
    const others = (this.#open.get(key) ?? 0) - 1;
    if (others > 0) {
      this.#open.set(key, others);
      return;
    }
    this.#open.delete(key);
    for (const load of this.#loads.get(key) ?? []) load.abort();
  }

  async #load<T>(client: Client, path: string, atLeast?: Parameters<Client['get']>[1]): Promise<T> {
    const load = new AbortController();
    const loads = this.#loads.get(path) ?? new Set();
    this.#loads.set(path, loads.add(load));
    try {
      return await client.get<T>(path, atLeast, load.signal);
    } catch (error) {
      // Left, and looked at again before the load had ended.
      if (load.signal.aborted && this.#open.has(path)) return await this.#load(client, path, atLeast);
      throw error;
    } finally {
      loads.delete(load);
      if (this.#loads.get(path)?.size === 0) this.#loads.delete(path);
    }
  }
}

function isList(path: string): boolean {
  return path.startsWith('/records?');
}
