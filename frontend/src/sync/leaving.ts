import { ApiError, type Client } from '../api/client.ts';

/** A note of this browser that its tabs share, and that survives a reload. */
export interface Mark {
  isSet(): boolean;
  set(on: boolean): void;
}

/**
 * The end of a session at the server, when somebody signs out: at once, or, where there
 * is no network, as soon as there is one – and before anybody else signs in here.
 */
export class Leaving {
  readonly #client: Client;
  readonly #mark: Mark;
  #asking: Promise<boolean> | undefined;

  constructor(client: Client, mark: Mark) {
    this.#client = client;
    this.#mark = mark;
  }

  /** Somebody leaves. */
  begin(): void {
    this.#mark.set(true);
  }

  /** Whether nobody is leaving any more; asks the server if somebody is. */
  finish(): Promise<boolean> {
    if (!this.#mark.isSet()) return Promise.resolve(true);
    this.#asking ??= this.#end().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Somebody has come, and his cookie has taken the place of the other. */
  forget(): void {
    this.#mark.set(false);
  }

  async #end(): Promise<boolean> {
    try {
      await this.#client.delete('/session');
    } catch (error) {
      if (!(error instanceof ApiError) || error.problem.status !== 401) return false;
    }
    this.forget();
    return true;
  }
}

/** A mark in localStorage; in memory where the browser keeps nothing. */
export function browserMark(key: string): Mark {
  let kept = false;
  return {
    isSet: () => {
      try {
        return kept || localStorage.getItem(key) !== null;
      } catch {
        return kept;
      }
    },
    set: (on) => {
      kept = false; // what another tab has kept since must count
      try {
        if (on) localStorage.setItem(key, '1');
        else localStorage.removeItem(key);
      } catch {
        kept = on;
      }
    },
  };
}
