import { useCallback, useSyncExternalStore } from 'react';
import { useSyncState } from '../api/hooks.ts';

/** Something written and not yet saved. */
export interface Draft {
  readonly value: unknown;
  /** The version of the record that the person saw when he began, and the value it had. */
  readonly basedOn: number;
  readonly before: unknown;
}

// By person: a draft outlives a closed drawer, a lost connection and a reload of
// its tab. It ends with the tab, and with the session: nothing is left for
// whoever uses this browser next.
const prefix = 'rapport-draft/';
const drafts = new Map<string, Draft>(stored());
const listeners = new Set<() => void>();

function put(name: string, draft: Draft | undefined): void {
  if (draft) drafts.set(name, draft);
  else drafts.delete(name);
  keep(name, draft);
  for (const listener of listeners) listener();
}

/** The draft of a field of a record, or of a new comment. */
export function useDraft(recordId: string, key: string): [Draft | undefined, (draft: Draft | undefined) => void] {
  const userId = useSyncState((state) => state.userId);
  const name = `${userId}/${recordId}/${key}`;
  const draft = useSyncExternalStore(subscribe, () => drafts.get(name));
  const set = useCallback((next: Draft | undefined) => put(name, next), [name]);
  return [draft, set];
}

/** Forgets everything that was written and not saved; for the end of a session. */
export function forgetDrafts(): void {
  for (const name of [...drafts.keys()]) put(name, undefined);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function keep(name: string, draft: Draft | undefined): void {
  try {
    if (draft) sessionStorage.setItem(prefix + name, JSON.stringify(draft));
    else sessionStorage.removeItem(prefix + name);
  } catch {
    // No storage, or none left: it is kept in memory, as long as the page lives.
  }
}

function* stored(): Generator<[string, Draft]> {
  try {
    for (const [key, text] of Object.entries(sessionStorage)) {
      if (key.startsWith(prefix)) yield [key.slice(prefix.length), JSON.parse(String(text)) as Draft];
    }
  } catch {
    // No storage in this browser.
  }
}
