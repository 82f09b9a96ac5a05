import { useCallback, useEffect, useMemo, useState } from 'react';
import { type CrmRecord, type ListState, useList, useSync, useSyncState } from '../../api/hooks.ts';

/** All pages of a list that have been asked for, as one; total is what the last of them counted. */
export interface Pages extends Pick<ListState, 'status' | 'problem' | 'reload' | 'total' | 'moreThanTotal'> {
  readonly records: readonly CrmRecord[];
  /** Loads the next page, if there is one and it is not on its way. */
  more(): void;
}

/** A list that grows page by page; every loaded page stays live. */
export function usePages(path: string): Pages {
  const sync = useSync();
  const first = useList(path);
  const [asked, setAsked] = useState<{ path: string; keys: readonly string[] }>({ path, keys: [] });
  const keys = useMemo(() => (asked.path === path ? asked.keys : []), [asked, path]);
  useEffect(() => {
    const close = keys.map((key) => sync.openView(key));
    return () => {
      for (const leave of close) leave();
    };
  }, [sync, keys]);

  const views = useSyncState((state) => state.views);
  const revisions = useSyncState((state) => state.revisions);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the map is mutable, its revisions say when it changed
  const records = useMemo(() => {
    const ids = new Set(keys.flatMap((key) => views[key]?.ids ?? []));
    const loaded = sync.store.getState().records;
    return [...first.records, ...[...ids].flatMap((id) => loaded.get(id) ?? [])];
  }, [first.records, keys, views, revisions, sync]);

  const lastKey = keys.at(-1);
  const next = lastKey ? views[lastKey]?.next : first.next;
  const more = useCallback(() => {
    if (next) setAsked({ path, keys: [...keys, `${path}&after=${encodeURIComponent(next)}`] });
  }, [next, path, keys]);
  // The last page has counted furthest.
  const counted = (lastKey && views[lastKey]?.status === 'ready' ? views[lastKey] : undefined) ?? {
    total: first.total,
    more: first.moreThanTotal,
  };
  const { total, more: moreThanTotal = false } = counted;
  const { status, problem, reload } = first;
  return useMemo(
    () => ({ status, records, total, moreThanTotal, more, reload, ...(problem && { problem }) }),
    [status, records, total, moreThanTotal, more, reload, problem],
  );
}
