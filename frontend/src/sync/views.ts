import type { Position, RecordList, RecordView, Table, WireRecord } from '../api/wire.ts';
import { type CrmRecord, fromTable, fromWire } from './record.ts';
import type { ViewState } from './types.ts';

/** What any answer that shows records may hold; see BoardView, RecordList, RecordView and Bootstrap. */
export interface ViewAnswer
  extends Partial<Pick<RecordList, 'records' | 'total' | 'more' | 'next'>>,
    Partial<Pick<RecordView, 'record' | 'related' | 'may'>> {
  readonly position: Position;
  readonly tables?: readonly Table[];
}

/** All records of an answer: those it brings whole, and those of which it brings some fields only. */
export function recordsIn(answer: ViewAnswer): { whole: CrmRecord[]; parts: CrmRecord[] } {
  const single: WireRecord[] = [...(answer.record ? [answer.record] : []), ...(answer.related ?? []), ...(answer.records ?? [])];
  const tables = answer.tables ?? [];
  return {
    whole: [...single.map(fromWire), ...tables.filter(({ part }) => !part).flatMap(fromTable)],
    parts: tables.filter(({ part }) => part).flatMap(fromTable),
  };
}

/** The state of a view of which nothing is known yet. */
export function unloaded(key: string): ViewState {
  return { key, status: 'loading', ids: [], total: 0, may: [] };
}

/** The state of a view whose answer has arrived. */
export function readyView(key: string, answer: ViewAnswer): ViewState {
  const listed = answer.records ?? (answer.record ? [answer.record] : []);
  const ids = answer.tables
    ? answer.tables.flatMap((table) => table.rows.map((row) => String(row[0])))
    : listed.map((record) => record.id);
  return {
    key,
    status: 'ready',
    ids,
    total: answer.total ?? ids.length,
    may: answer.may ?? [],
    ...(answer.more && { more: true }),
    ...(answer.next && { next: answer.next }),
  };
}

/** Counts who shows a view; a view nobody shows is kept for a while, so that "back" is instant. */
export class OpenViews {
  readonly #open = new Map<string, number>();
  readonly #leaving = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #keepMs: number;
  readonly #forget: (key: string) => void;

  constructor(forget: (key: string) => void, keepMs = 60_000) {
    this.#forget = forget;
    this.#keepMs = keepMs;
  }

  /** Returns whether it has to be loaded. */
  enter(key: string): boolean {
    const count = this.#open.get(key) ?? 0;
    const known = count > 0 || this.#leaving.has(key);
    clearTimeout(this.#leaving.get(key));
    this.#leaving.delete(key);
    this.#open.set(key, count + 1);
    return !known;
  }

  leave(key: string): void {
    const count = this.#open.get(key) ?? 0;
    if (count > 1) {
      this.#open.set(key, count - 1);
      return;
    }
    this.#open.delete(key);
    if (count === 1)
      this.#leaving.set(
        key,
        setTimeout(() => this.#drop(key), this.#keepMs),
      );
  }

  /** What is on the screen now. */
  shown(): string[] {
    return [...this.#open.keys()];
  }

  /** Forgets all that is not on the screen. */
  dropUnshown(): void {
    for (const key of [...this.#leaving.keys()]) this.#drop(key);
  }

  clear(): void {
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    this.#leaving.clear();
    this.#open.clear();
  }

  #drop(key: string): void {
    clearTimeout(this.#leaving.get(key));
    this.#leaving.delete(key);
    this.#forget(key);
  }
}
