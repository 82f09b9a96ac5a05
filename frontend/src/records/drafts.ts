import { useCallback, useSyncExternalStore } from 'react';
import { useSyncState } from '../api/hooks.ts';

/** Something written and not yet saved. */
export interface Draft {
  readonly value: unknown;
  /** The version of the record that the person saw when he began, and the value it had. */
  readonly basedOn: number;
  readonly before: unknown;
}

// In memory, by person: a draft outlives a closed drawer, a lost connection and a
// reloaded view, and is on no disk for whoever uses this browser next.
const drafts = new Map<string, Draft>();
const listeners = new Set<() => void>();

function put(key: string, draft: Draft | undefined): void {
  if (draft) drafts.set(key, draft);
  else drafts.delete(key);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The draft of a field of a record, or of a new comment. */
export function useDraft(recordId: string, key: string): [Draft | undefined, (draft: Draft | undefined) => void] {
  const userId = useSyncState((state) => state.userId);
  const name = `${userId}/${recordId}/${key}`;
  const draft = useSyncExternalStore(subscribe, () => drafts.get(name));
  const set = useCallback((next: Draft | undefined) => put(name, next), [name]);
  return [draft, set];
}
