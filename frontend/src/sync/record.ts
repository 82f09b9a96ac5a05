import type { RecordKeys } from '../api/recordKeys.ts';
import type { Table, WireRecord } from '../api/wire.ts';
import { sameJson } from '../lib/equal.ts';

/**
 * A document as this person may see it. Immutable: a change makes a new one.
 * Where the type is known to the compiler, so are the keys of its fields.
 */
export interface CrmRecord<T extends string = string> {
  /** customer, contact, deal, comment, user, department, pipeline, board, … */
  readonly type: T;
  readonly id: string;
  /** Number of committed writes; 0 while only this browser knows the record. */
  readonly version: number;
  /** By flat key; custom fields are "fields.<key>". An absent key is no value – or masked, see there. */
  readonly fields: FieldsOf<T>;
  /** Groups of fields (money, reach, notes) that are not shared with this person. */
  readonly masked: readonly string[];
}

/** Values by flat key ("title", "fields.season"), each of the shape that its kind of field has. */
export type Fields = Readonly<Record<string, unknown>>;

/** The keys that records of a type may have: those of the server's schema, and custom ones. */
export type KeyOf<T extends string> = T extends keyof RecordKeys ? RecordKeys[T] | `fields.${string}` : string;

/** Fields whose keys are those of a record type. */
export type FieldsOf<T extends string> = Readonly<{ [K in KeyOf<T>]?: unknown }>;

/** A record as it came over the wire. */
export function fromWire(wire: WireRecord): CrmRecord {
  return { type: wire.t, id: wire.id, version: wire.v, fields: wire.f, masked: wire.m ?? [] };
}

/** The records of a table. A row is [id, version, masked groups, value of keys[0], …]; null is no value. */
export function fromTable(table: Table): CrmRecord[] {
  return table.rows.map((row) => {
    const fields: Record<string, unknown> = {};
    table.keys.forEach((key, i) => {
      const value = row[i + 3];
      if (value === null || value === undefined) return;
      const words = table.words?.[i];
      fields[key] = words && words.length > 0 ? words[Number(value)] : value;
    });
    return {
      type: table.t,
      id: String(row[0]),
      version: Number(row[1]),
      fields,
      masked: Array.isArray(row[2]) ? row[2].map(String) : [],
    };
  });
}

/** The record with some fields set and some taken away; the same object when nothing differs. */
export function withFields(record: CrmRecord, set: Fields, unset: readonly string[] = []): CrmRecord {
  const changes = Object.entries(set).some(([key, value]) => !sameJson(record.fields[key], value));
  if (!changes && !unset.some((key) => key in record.fields)) return record;
  const fields: Record<string, unknown> = { ...record.fields, ...set };
  for (const key of unset) delete fields[key];
  return { ...record, fields };
}

/** Whether two records look the same, versions aside. */
export function sameRecord(a: CrmRecord | undefined, b: CrmRecord | undefined): boolean {
  return a === b || (!!a && !!b && a.type === b.type && sameJson(a.fields, b.fields) && sameJson(a.masked, b.masked));
}

/** A text field; '' when it has no value. */
export function text<T extends string>(record: CrmRecord<T> | undefined, key: KeyOf<NoInfer<T>>): string {
  const value = record?.fields[key];
  return typeof value === 'string' ? value : '';
}
