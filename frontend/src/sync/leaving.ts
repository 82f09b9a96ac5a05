import { ApiError, type Client, unreachable } from '../api/client.ts';

/** A note of this browser that its tabs share, and that survives a reload. */
export interface Mark {
  isSet(): boolean;
  set(on: boolean): void;
}

/**
 * The end of a session at the server, when somebody signs out: at once, or, where there
 * is no network, as soon as there is one – and before anybody else signs in here. The
 * tabs of a browser take turns, so that none ends the session of whoever comes next.
 */
export class Leaving {
  readonly #client: Client;
  readonly #mark: Mark;
  readonly #alone: (task: () => Promise<void>) => Promise<void>;

  constructor(client: Client, mark: Mark, alone: (task: () => Promise<void>) => Promise<void>) {
    this.#client = client;
    this.#mark = mark;
    this.#alone = alone;
  }

  /** Somebody leaves. Returns whether the server knows. */
  async leave(): Promise<boolean> {
    this.#mark.set(true);
    let ended = false; // asked of the answer, for the browser may keep no marks
    await this.#alone(async () => {
      ended = await this.#end();
    });
    return ended;
  }

  /** Tells the server of somebody who has left. Returns whether there is nobody of whom it does not know. */
  async finish(): Promise<boolean> {
    if (this.#mark.isSet())
      await this.#alone(async () => {
        if (this.#mark.isSet()) await this.#end();
      });
    return !this.#mark.isSet();
  }

  /** Lets somebody in once whoever was here has left. It rejects with an ApiError. */
  async enter(come: () => Promise<unknown>): Promise<void> {
    await this.#alone(async () => {
      if (this.#mark.isSet() && !(await this.#end())) throw new ApiError(unreachable);
      await come();
    });
  }

  async #end(): Promise<boolean> {
    try {
      await this.#client.delete('/session');
    } catch (error) {
      if (!(error instanceof ApiError) || saysNothing(error.problem.status)) return false;
    }
    this.#mark.set(false);
    return true;
  }
}

/** Whether an answer leaves open what became of the session: none at all, timed out, too many, a fault. */
function saysNothing(status: number): boolean {
  return [0, 408, 429].includes(status) || status >= 500;
}

/** A mark in localStorage; none where the browser keeps nothing. */
export function browserMark(key: string): Mark {
  return {
    isSet: () => {
      try {
        return localStorage.getItem(key) !== null;
      } catch {
        return false;
      }
    },
    set: (on) => {
      try {
        if (on) localStorage.setItem(key, '1');
        else localStorage.removeItem(key);
      } catch {
        // Signing out asks the server at once, mark or no mark.
      }
    },
  };
}
