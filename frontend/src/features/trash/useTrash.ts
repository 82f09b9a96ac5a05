import { useCallback, useEffect, useMemo, useState } from 'react';
import { type CrmRecord, problemOf, useApi, useSync, useSyncState } from '../../api/hooks.ts';
import type { Problem, TrashList } from '../../api/wire.ts';
import { fromWire } from '../../sync/record.ts';

/** Record types that have a trash. */
export const trashTypes = ['deal', 'customer', 'contact', 'comment', 'board', 'field'] as const;

const pageSize = 50;
// The most that is loaded at once when the list is made true again.
const mostAtOnce = 200;
// Changes that come together – an undone import, letters of a word – are one reason to ask.
const gatherMs = 400;

/** The part of the trash that has been asked for. */
export interface Trash {
  /** Newest first; undefined while the first answer is on its way. */
  readonly records: readonly CrmRecord[] | undefined;
  readonly total: number;
  readonly problem: Problem | undefined;
  readonly more: (() => void) | undefined;
  reload(): void;
}

/** What one may restore. What somebody restores leaves the list at once; what is thrown away enters it. */
export function useTrash(type: string, words: string): Trash {
  const api = useApi();
  const [list, setList] = useState<{ question: string; records: readonly CrmRecord[]; total: number; next?: string }>();
  const [problem, setProblem] = useState<Problem>();
  const [attempt, setAttempt] = useState(0);
  const question = `type=${type}&q=${encodeURIComponent(words)}`;
  const changes = useChanges();
  const loaded = list?.question === question ? list.records.length : 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt and each change asks again
  useEffect(() => {
    const asking = new AbortController();
    const limit = Math.min(mostAtOnce, Math.max(pageSize, loaded));
    const timer = setTimeout(
      () =>
        api
          .get<TrashList>(`/trash?${question}&limit=${limit}`, asking.signal)
          .then((page) => {
            if (asking.signal.aborted) return;
            setList({ question, ...shown(page) });
            setProblem(undefined);
          })
          .catch((error: unknown) => !asking.signal.aborted && setProblem(problemOf(error))),
      list ? gatherMs : 0,
    );
    return () => {
      asking.abort();
      clearTimeout(timer);
    };
  }, [api, question, attempt, changes]);

  const next = list?.question === question ? list.next : undefined;
  const more = useCallback(() => {
    api
      .get<TrashList>(`/trash?${question}&limit=${pageSize}&after=${encodeURIComponent(next ?? '')}`)
      .then((page) =>
        setList((before) =>
          before?.question === question
            ? { question, ...shown(page), records: [...before.records, ...shown(page).records] }
            : before,
        ),
      )
      .catch((error: unknown) => setProblem(problemOf(error)));
  }, [api, question, next]);
  const records = useLying(list?.records);
  return {
    records,
    // What has just been restored is counted out before the server says so.
    total: (list?.total ?? 0) - ((list?.records.length ?? 0) - (records?.length ?? 0)),
    problem,
    more: next ? more : undefined,
    reload: () => setAttempt(attempt + 1),
  };
}

function shown({ records, total, next }: TrashList) {
  return { records: records.map(fromWire), total, ...(next && { next }) };
}

/** Rises with every change of a record that may have entered or left the trash, or of the policy. */
function useChanges(): string {
  return useSyncState(({ revisions }) => [...trashTypes, 'rule', 'membership'].map((type) => revisions[type] ?? 0).join());
}

/** The records that still lie in the trash: what is back is among those the screen sees. */
function useLying(records: readonly CrmRecord[] | undefined): readonly CrmRecord[] | undefined {
  const sync = useSync();
  const changes = useChanges();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the map is mutable, its revisions say when it changed
  return useMemo(() => {
    const visible = sync.store.getState().records;
    return records?.filter(({ id }) => !visible.has(id));
  }, [sync, records, changes]);
}
