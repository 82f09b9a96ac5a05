import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { useSyncState } from '../api/hooks.ts';
import type { Problem } from '../api/wire.ts';

/** What somebody typed and has not saved. */
export interface Draft {
  readonly value: unknown;
  /** The record's version when he began. */
  readonly basedOn: number;
  /** The field's value when he began. */
  readonly before: unknown;
  /** Why saving it was refused: told wherever it is shown again, for a screen may be made anew in between. */
  readonly refused?: Problem | undefined;
}

type Change = Draft | undefined | ((now: Draft | undefined) => Draft | undefined);

// By person: a draft outlives a closed drawer, a lost connection and a reload of
// its tab. What the browser keeps of it ends with the tab and with the session:
// nothing is left for whoever uses this browser next.
const prefix = 'rapport-draft/';
const drafts = new Map<string, Draft>();
const listeners = new Set<() => void>();
let revision = 0;

/** Runs what this browser may not allow; without storage a draft lives in memory alone. */
function storing(store: (storage: Storage) => void): void {
  try {
    store(sessionStorage);
  } catch {
    // No storage, or it is full.
  }
}

storing((storage) => {
  for (const key of Object.keys(storage)) {
    const text = key.startsWith(prefix) && storage.getItem(key);
    if (text) drafts.set(key.slice(prefix.length), JSON.parse(text) as Draft);
  }
});

/** Removes from the browser what it keeps of drafts; those in memory stay for the same person's next sign-in. */
export function forgetStoredDrafts(): void {
  storing((storage) => {
    for (const key of Object.keys(storage)) if (key.startsWith(prefix)) storage.removeItem(key);
  });
}

function put(name: string, change: Change): void {
  const draft = typeof change === 'function' ? change(drafts.get(name)) : change;
  if (draft) drafts.set(name, draft);
  else drafts.delete(name);
  storing((storage) => {
    if (draft) storage.setItem(prefix + name, JSON.stringify(draft));
    else storage.removeItem(prefix + name);
  });
  revision++;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The draft of a field of a record, of a new comment, or of something that is set up. */
export function useDraft(recordId: string, key: string): [Draft | undefined, (change: Change) => void] {
  const userId = useSyncState((state) => state.userId);
  const name = `${userId}/${recordId}/${key}`;
  const draft = useSyncExternalStore(subscribe, () => drafts.get(name));
  const set = useCallback((next: Change) => put(name, next), [name]);
  return [draft, set];
}

/** The texts that are half written about a record. */
export function useWritten(recordId: string): readonly string[] {
  const userId = useSyncState((state) => state.userId);
  const now = useSyncExternalStore(subscribe, () => revision);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the map is mutable, its revision says when it changed
  return useMemo(
    () =>
      [...drafts].flatMap(([name, { value }]) =>
        name.startsWith(`${userId}/${recordId}/`) && typeof value === 'string' && value.trim() ? [value] : [],
      ),
    [userId, recordId, now],
  );
}

/** All drafts of one kind, by the id of their record, and a way to begin one. */
export function useDrafts(key: string): [ReadonlyMap<string, Draft>, (recordId: string, draft: Draft) => void] {
  const userId = useSyncState((state) => state.userId);
  const now = useSyncExternalStore(subscribe, () => revision);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the map is mutable, its revision says when it changed
  const found = useMemo(() => {
    const ofKind = [...drafts].flatMap(([name, draft]) => {
      const [user, recordId = '', ...rest] = name.split('/');
      return user === userId && rest.join('/') === key ? [[recordId, draft] as const] : [];
    });
    return new Map(ofKind);
  }, [userId, key, now]);
  const begin = useCallback((recordId: string, draft: Draft) => put(`${userId}/${recordId}/${key}`, draft), [userId, key]);
  return [found, begin];
}
