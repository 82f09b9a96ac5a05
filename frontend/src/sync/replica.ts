import type { Entry, Op, Position } from '../api/wire.ts';
import { type CrmRecord, withFields } from './record.ts';

/** What entries did to the records held. */
export interface Applied {
  readonly touched: Set<string>;
  /** Records whose comments were forgotten (SL10): views that show them must load again. */
  readonly forgotten: Set<string>;
  /**
   * A record that is not loaded was linked to another, whose page may be open: only
   * its changed fields are known, so the views must ask. Changes of board come whole (SL10).
   */
  readonly arrived: boolean;
}

// What everybody sees by the rules of any workspace.
const outlines: ReadonlySet<string> = new Set(['workspace', 'user', 'department', 'membership', 'pipeline', 'field']);

// The fields that bring a record onto another one's page.
const linking = ['customerId', 'contactId'];

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
  /** Ids of the comments held, which are few beside the rest. */
  readonly #comments = new Set<string>();
  /** Entries since the oldest load that is under way, for views that stand behind the stream. */
  #recorded: Entry[] = [];
  readonly #loads = new Set<symbol>();

  constructor(position: Position, audience = '') {
    this.position = position;
    this.audience = audience;
  }

  /**
   * What is left when nobody knows what this person may still see: who and what
   * the company consists of. It stands nowhere, so that a snapshot is asked for.
   */
  outline(): Replica {
    const left = new Replica({ epoch: '', offset: 0 }, this.audience);
    for (const [id, held] of this.#held) if (outlines.has(held.record.type)) left.#held.set(id, held);
    return left;
  }

  get(id: string): CrmRecord | undefined {
    return this.#held.get(id)?.record;
  }

  /** Ids of all records held. */
  ids(): Iterable<string> {
    return this.#held.keys();
  }

  /** Applies entries that `follow` let through. */
  apply(entries: readonly Entry[], position: Position): Applied {
    const applied: Applied = { touched: new Set(), forgotten: new Set(), arrived: false };
    const arrived = entries.map((entry) => this.#applyEntry(entry, applied)).includes(true);
    if (this.#loads.size > 0) this.#recorded.push(...entries);
    this.position = position;
    return { ...applied, arrived };
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
   * between the answer and the stream has been recorded. `parts` are records of
   * which the answer brought some fields only.
   */
  merge(load: symbol, records: readonly CrmRecord[], position: Position, parts: readonly CrmRecord[] = []): Set<string> {
    const touched = new Set<string>();
    if (position.epoch === this.position.epoch && this.#loads.has(load)) {
      for (const record of records) {
        if (this.#put(record, position.offset)) touched.add(record.id);
      }
      for (const record of parts) {
        if (this.#putPart(record, position.offset)) touched.add(record.id);
      }
      for (const entry of this.#recorded) {
        if (entry.offset > position.offset) this.#applyEntry(entry, { touched, forgotten: new Set() });
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

  /** Returns whether it linked a record that is not held to another. */
  #applyEntry(entry: Entry, { touched, forgotten }: Pick<Applied, 'touched' | 'forgotten'>): boolean {
    const { ops, offset } = entry;
    let linked = false;
    // First all that is forgotten: the entry itself may bring comments that stay.
    for (const { op, t, id } of ops) {
      if (op !== 'set' && t !== 'comment' && this.#forgetComments(id, offset, touched)) forgotten.add(id);
    }
    for (const op of ops) {
      linked ||= op.op === 'set' && !this.get(op.id) && linking.some((key) => key in (op.f ?? {}));
      if (this.#perform(op, offset)) touched.add(op.id);
    }
    return linked;
  }

  /** Drops the comments on a record that were held before the offset: sight of them may have changed with the record (SL10). */
  #forgetComments(recordId: string, offset: number, touched: Set<string>): boolean {
    const held = this.#held.get(recordId);
    if (!held || held.offset >= offset) return false;
    for (const id of this.#comments) {
      const comment = this.#held.get(id);
      if (comment?.record.fields['recordId'] !== recordId || comment.offset >= offset) continue;
      this.#held.delete(id);
      this.#comments.delete(id);
      touched.add(id);
    }
    return true;
  }

  #put(record: CrmRecord, offset: number): boolean {
    const held = this.#held.get(record.id);
    // A whole record is worth more than a newer part: the entries since are applied to it.
    if (held?.whole && held.offset >= offset) return false;
    this.#hold(record, offset);
    return true;
  }

  /** What is held whole stays: the stream brings what it lacks. */
  #putPart(record: CrmRecord, offset: number): boolean {
    const held = this.#held.get(record.id);
    if (held && (held.whole || held.offset >= offset)) return false;
    this.#hold(record, offset, false);
    return true;
  }

  #hold(record: CrmRecord, offset: number, whole = true): void {
    this.#held.set(record.id, { record, offset, whole });
    if (record.type === 'comment') this.#comments.add(record.id);
  }

  #perform(op: Op, offset: number): boolean {
    const held = this.#held.get(op.id);
    if (held && held.offset >= offset && (held.whole || op.op !== 'show')) return false;
    switch (op.op) {
      case 'show':
        this.#hold({ type: op.t, id: op.id, version: op.v ?? 0, fields: op.f ?? {}, masked: op.m ?? [] }, offset);
        return true;
      case 'set': {
        // Not loaded by any open view: whoever opens it loads it whole.
        if (!held) return false;
        const changed = withFields(held.record, op.f ?? {}, op.unset);
        this.#hold({ ...changed, version: op.v ?? changed.version }, offset, held.whole);
        return true;
      }
      case 'hide':
      case 'delete':
        // A view from before, still on its way, does not bring it back: this entry is applied to it too.
        this.#comments.delete(op.id);
        return this.#held.delete(op.id);
    }
  }
}

interface Held {
  readonly record: CrmRecord;
  /** Entries up to here are in the record. */
  readonly offset: number;
  /** Whether all fields that this person may see are in it, or those only that a board shows. */
  readonly whole: boolean;
}
