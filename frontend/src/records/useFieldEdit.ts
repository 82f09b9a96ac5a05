import { useCallback } from 'react';
import { useIntl } from 'react-intl';
import { type CrmRecord, useCommand } from '../api/hooks.ts';
import type { FieldInfo, Problem } from '../api/wire.ts';
import { sameJson } from '../lib/equal.ts';
import { isUnreadable, useFieldLabel } from '../ui/index.ts';
import { type Draft, useDraft } from './drafts.ts';
import { nameOf } from './people.ts';

/** The editing of one field in its place, from the first key to the answer of the server. */
export interface FieldEdit {
  /** What is being written; undefined while the field is at rest. */
  readonly draft: Draft | undefined;
  /** Why the last save was refused. */
  readonly problem: Problem | undefined;
  /** Somebody else has changed the field since the person began to write. */
  readonly overtaken: boolean;
  begin(): void;
  write(value: unknown): void;
  /** Saves the draft, or the value given; not a text that its input cannot read. Shows it at once; a refusal opens the field again with what was written. */
  save(value?: unknown): void;
  /** Takes the others' value. */
  drop(): void;
  /** Saves the own value over the others'. */
  insist(): void;
}

/** Edits one field of a record in its place. */
export function useFieldEdit(record: CrmRecord, field: FieldInfo): FieldEdit {
  const intl = useIntl();
  const run = useCommand();
  const label = useFieldLabel();
  const [draft, setDraft] = useDraft(record.id, field.key);
  const problem = draft?.refused;
  const current = record.fields[field.key];

  const begin = useCallback(() => {
    setDraft({ value: current, before: current, basedOn: record.version });
  }, [setDraft, current, record.version]);

  const send = async (value: unknown, basedOn: number) => {
    if (isUnreadable(value)) return; // the input says why, and keeps the text
    const kept: Draft = { value, before: current, basedOn };
    setDraft(undefined);
    if (sameJson(value ?? null, current ?? null)) return;
    const outcome = await run({
      ...commandFor(record, field.key, value, basedOn),
      label: intl.formatMessage(
        { id: 'record.changed' },
        { record: nameOf(record), field: label(record.type, field.key, field.labels) },
      ),
      refusal: 'caller',
    });
    // What has been written since is newer.
    if (!outcome.ok) setDraft((now) => ({ ...(now ?? kept), refused: about(field.key, outcome.problem) }));
  };
  return {
    draft,
    problem,
    overtaken: draft !== undefined && !sameJson(draft.before ?? null, current ?? null),
    begin,
    write: (value) => draft && setDraft({ ...draft, value }),
    // What was just made has no version until the server has answered.
    save: (value = draft?.value) => void send(value, draft?.basedOn || record.version),
    drop: () => setDraft(undefined),
    insist: () => draft && void send(draft.value, problem?.current?.v ?? record.version),
  };
}

/** A refusal as a draft keeps it: of the record as it is now no more than the field. */
function about(key: string, problem: Problem): Problem {
  const { current } = problem;
  return current ? { ...problem, current: { ...current, f: { [key]: current.f[key] } } } : problem;
}

/** Handing a record over is a right of its own, and so is its command. */
function commandFor(record: CrmRecord, key: string, value: unknown, basedOn: number) {
  if (key === 'ownerId' && value) return { name: 'record.assign', args: { id: record.id, basedOn, ownerId: value } };
  return { name: 'record.edit', args: { id: record.id, basedOn, values: { [key]: value ?? null } } };
}
