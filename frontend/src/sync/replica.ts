import type { Entry, Op, Position } from '../api/wire.ts';
import { type CrmRecord, withFields } from './record.ts';

/** What entries did to the records held. */
export interface Applied {
  readonly touched: Set<string>;
  /**
   * A record that is not loaded got a new place, perhaps in an open view: a deal
   * that changed its pipeline. Only its changed fields are known, so the views must ask.
   */
  readonly arrived: boolean;
}

// The fields that decide in which views a record is.
const placing = ['pipelineId', 'departmentId', 'customerId', 'contactId'];

/**
 * The server's records as far as this screen has loaded them.
 *
 * Each record stands at an offset: every entry up to there is in it. A view
 * that was loaded over HTTP stands at its own position, which may be behind
 * or ahead of the stream; the offset of each record makes both meet.
 */
export class Replica {
  position: Position;
  /** The server's token for what this person may see; a replica is true for one audience at a time. */
  audience: string;
  readonly #held = new Map<string, Held>();
  /** Entries since the oldest load that is under way, for views that stand behind the stream. */
  #recorded: Entry[] = [];
  readonly #loads = new Set<symbol>();

  constructor(position: Position, audience = '') {
    this.position = position;
    this.audience = audience;
  }

  get(id: string): CrmRecord | undefined {
    return this.#held.get(id)?.record;
  }

  /** Ids of all records held. */
  *ids(): Iterable<string> {
    for (const [id, held] of this.#held) if (held.record) yield id;
  }

  /** Applies entries that `follow` let through. */
  apply(entries: readonly Entry[], position: Position): Applied {
    const touched = new Set<string>();
    let arrived = false;
    for (const entry of entries) {
      for (const op of entry.ops) {
        arrived ||= op.op === 'set' && !this.#held.get(op.id)?.record && placing.some((key) => key in (op.f ?? {}));
        if (this.#perform(op, entry.offset)) touched.add(op.id);
      }
    }
    if (this.#loads.size > 0) this.#recorded.push(...entries);
    this.position = position;
    return { touched, arrived };
  }

  /** Call before a request is sent; its answer is merged with the token. */
  beginLoad(): symbol {
    const load = Symbol('load');
    this.#loads.add(load);
    return load;
  }

  /** Forgets a load that failed. */
  endLoad(load: symbol): void {
    this.#loads.delete(load);
    if (this.#loads.size === 0) this.#recorded = [];
  }

  /**
   * Merges what a load brought. `position` is where the answer stands; the
   * request asked for at least the position at beginLoad, so every entry
   * between the answer and the stream has been recorded.
   */
  merge(load: symbol, records: readonly CrmRecord[], position: Position): Set<string> {
    const touched = new Set<string>();
    if (position.epoch === this.position.epoch && this.#loads.has(load)) {
      for (const record of records) {
        if (this.#put(record, position.offset)) touched.add(record.id);
      }
      for (const entry of this.#recorded) {
        if (entry.offset <= position.offset) continue;
        for (const op of entry.ops) if (this.#perform(op, entry.offset)) touched.add(op.id);
      }
    }
    this.endLoad(load);
    return touched;
  }

  /** Merges the answer to a command, where it is newer than the stream. */
  mergeAnswer(records: readonly CrmRecord[], position: Position): Set<string> {
    const touched = new Set<string>();
    // An answer from behind the stream says nothing that the stream has not said.
    if (position.epoch !== this.position.epoch || position.offset <= this.position.offset) return touched;
    for (const record of records) if (this.#put(record, position.offset)) touched.add(record.id);
    return touched;
  }

  #put(record: CrmRecord, offset: number): boolean {
    const held = this.#held.get(record.id);
    if (held && held.offset >= offset) return false;
    this.#held.set(record.id, { record, offset });
    return true;
  }

  #perform(op: Op, offset: number): boolean {
    const held = this.#held.get(op.id);
    if (held && held.offset >= offset) return false;
    switch (op.op) {
      case 'show':
        this.#held.set(op.id, {
          offset,
          record: { type: op.t, id: op.id, version: op.v ?? 0, fields: op.f ?? {}, masked: op.m ?? [] },
        });
        return true;
      case 'set': {
        // Not loaded by any open view: whoever opens it loads it whole.
        if (!held?.record) return false;
        const changed = withFields(held.record, op.f ?? {}, op.unset);
        this.#held.set(op.id, { offset, record: { ...changed, version: op.v ?? changed.version } });
        return true;
      }
      case 'hide':
      case 'delete':
        // The place is kept, so that an older view does not bring it back.
        this.#held.set(op.id, { offset, record: undefined });
        return held?.record !== undefined;
    }
  }
}

interface Held {
  readonly record: CrmRecord | undefined;
  /** Entries up to here are in the record, or its absence. */
  readonly offset: number;
}
