import { useCallback } from 'react';
import { type CrmRecord, text, useRecord, useRecords, useSync } from '../api/hooks.ts';

/** What a record is called: its name or title. '' while it is unknown or hidden. */
export function nameOf(record: CrmRecord | undefined): string {
  return text(record, 'name') || text(record, 'title');
}

/** The name of a loaded record, live. */
export function useName(id: string | undefined): string {
  return nameOf(useRecord(id));
}

/** Looks names up without being rendered again; for filters and labels. */
export function useNameOf(): (id: string) => string {
  const sync = useSync();
  return useCallback((id: string) => nameOf(sync.store.getState().records.get(id)), [sync]);
}

const enabled = (user: CrmRecord) => !text(user, 'disabledAt');

/** People one can give work to, by name. */
export function usePeople(): readonly { id: string; name: string }[] {
  return useRecords('user', enabled).map((user) => ({ id: user.id, name: nameOf(user) }));
}
