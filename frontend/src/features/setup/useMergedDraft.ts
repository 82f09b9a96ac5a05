import { useEffect, useMemo } from 'react';
import { sameJson } from '../../lib/equal.ts';
import { useDraft } from '../../records/drafts.ts';
import { type Clash, decide, type Merging, rebase, type Sides } from './threeWay.ts';

/** What is saved, as far as the stream has brought it; undefined for something that is being made. */
export interface Saved<V> {
  readonly values: V;
  readonly version: number;
}

/** What a person sets up while others may set up the same. */
export interface MergedDraft<V> {
  /** What the screen shows: what is saved, with what this person has written on top. Undefined: there is neither. */
  readonly values: V | undefined;
  /** What somebody else changed differently meanwhile. */
  readonly clashes: readonly Clash[];
  /** Whether there is something to save. */
  readonly dirty: boolean;
  /** The version that the person began with; 0 when it is new. */
  readonly basedOn: number;
  change(edit: (values: V) => V): void;
  decide(path: string, keep: 'mine' | 'theirs'): void;
  discard(): void;
  /** What was sent is saved: what has been written since stays. */
  settle(sent: V): void;
}

/** A draft of something that several people may set up at once: it is joined with what they save, as it comes in. */
export function useMergedDraft<V>(id: string, kind: string, saved: Saved<V> | undefined, merging: Merging<V>): MergedDraft<V> {
  const [draft, setDraft] = useDraft(id, kind);
  const sides = useMemo(() => draft && ({ base: draft.before, mine: draft.value } as Sides<V>), [draft]);
  const { values, clashes } = useMemo(
    () => (sides && saved ? merging.merge(sides, saved.values) : { values: sides?.mine ?? saved?.values, clashes: [] }),
    [sides, saved, merging],
  );
  const dirty = sides !== undefined && (!saved || clashes.length > 0 || !sameJson(values, saved.values));

  // Others may have saved the very same; then there is nothing left to say.
  const spent = sides !== undefined && !dirty;
  useEffect(() => {
    if (spent) setDraft(undefined);
  }, [spent, setDraft]);

  const keep = ({ base, mine }: Sides<V>) => setDraft({ before: base, value: mine, basedOn: saved?.version ?? 0 });
  const current = (): Sides<V> | undefined => {
    if (sides && saved) return rebase(merging, sides, saved.values);
    return sides ?? (saved && { base: saved.values, mine: saved.values });
  };
  return {
    values,
    clashes,
    dirty,
    basedOn: draft?.basedOn ?? saved?.version ?? 0,
    change: (edit) => {
      const now = current();
      if (now) keep({ base: now.base, mine: edit(now.mine) });
    },
    decide: (path, which) => {
      const now = current();
      if (now && saved) keep(decide(merging, now, saved.values, path, which));
    },
    discard: () => setDraft(undefined),
    settle: (sent) => setDraft((now) => now && { ...now, before: sent }),
  };
}
