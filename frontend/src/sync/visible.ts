import { subject, withEffects } from './effects.ts';
import { type CrmRecord, sameRecord } from './record.ts';
import type { Effect, PendingCommand } from './types.ts';

/**
 * What the person sees: server records with the pending commands on top,
 * computed again for each record that either side touches. There is no saved
 * copy to go back to, so a refusal takes back exactly its own command.
 */
export class Visible {
  readonly records = new Map<string, CrmRecord>();
  readonly #byType = new Map<string, OfType>();
  #effects = new Map<string, Effect[]>();
  readonly #server: (id: string) => CrmRecord | undefined;

  constructor(server: (id: string) => CrmRecord | undefined) {
    this.#server = server;
  }

  /** Takes over the pending commands; returns the ids whose look may differ now. */
  rebase(pending: readonly PendingCommand[]): Set<string> {
    const touched = new Set(this.#effects.keys());
    this.#effects = new Map();
    for (const command of pending) {
      if (command.state === 'refused') continue;
      for (const effect of command.effects) {
        const id = subject(effect);
        const list = this.#effects.get(id);
        if (list) list.push(effect);
        else this.#effects.set(id, [effect]);
        touched.add(id);
      }
    }
    return touched;
  }

  /** Computes the records anew; returns the types of which one looks different. */
  update(ids: Iterable<string>): Set<string> {
    const types = new Set<string>();
    for (const id of ids) {
      const before = this.records.get(id);
      const after = withEffects(this.#server(id), this.#effects.get(id) ?? []);
      // The echo of an own command often changes nothing that is painted. A new
      // version counts, though: the next command must be based on it.
      if (before === after || (sameRecord(before, after) && before?.version === after?.version)) continue;
      this.#keep(id, before, after);
      types.add((after ?? before)?.type ?? '');
    }
    return types;
  }

  /** The records of a type, by id. */
  ofType<T extends string>(type: T, filter?: (record: CrmRecord<T>) => boolean): CrmRecord<T>[] {
    const kept = this.#byType.get(type);
    if (!kept) return [];
    kept.sorted ??= [...kept.ids].sort();
    const found: CrmRecord<T>[] = [];
    for (const id of kept.sorted) {
      // Kept under its type, so it is of it.
      const record = this.records.get(id) as CrmRecord<T> | undefined;
      if (record && (!filter || filter(record))) found.push(record);
    }
    return found;
  }

  #keep(id: string, before: CrmRecord | undefined, after: CrmRecord | undefined): void {
    if (after) this.records.set(id, after);
    else this.records.delete(id);
    if (before && !after) this.#ofTypeKept(before.type).delete(id);
    if (after && !before) this.#ofTypeKept(after.type).add(id);
  }

  #ofTypeKept(type: string): OfType {
    let kept = this.#byType.get(type);
    if (!kept) {
      kept = new OfType();
      this.#byType.set(type, kept);
    }
    return kept;
  }
}

/** The ids of one type; sorted only when asked for after a change. */
class OfType {
  readonly ids = new Set<string>();
  sorted: string[] | undefined;

  add(id: string): void {
    this.ids.add(id);
    this.sorted = undefined;
  }

  delete(id: string): void {
    this.ids.delete(id);
    this.sorted = undefined;
  }
}
