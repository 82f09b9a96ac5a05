import { useCallback, useEffect, useState } from 'react';
import { problemOf, useApi } from '../api/hooks.ts';
import type { History, HistoryEntry, Problem } from '../api/wire.ts';

/** What has happened to a record, as far as it has been paged through. */
export interface HistoryState {
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
  readonly more: boolean;
  readonly problem: Problem | undefined;
  loadMore(): void;
  /** Asks again after a problem. */
  reload(): void;
}

/** The history of a record; asked for again with each new version, as it lies in the store and not in the stream. */
export function useHistory(recordId: string, version: number): HistoryState {
  const api = useApi();
  const [page, setPage] = useState<History>({ entries: [] });
  const [problem, setProblem] = useState<Problem>();
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version is a new entry, an attempt asks again
  useEffect(() => {
    if (version === 0) return undefined; // only this browser knows the record
    const asking = new AbortController();
    api
      .get<History>(`/records/${recordId}/history`, asking.signal)
      .then((first) => {
        if (asking.signal.aborted) return;
        setPage((now) => joined(first, now));
        setProblem(undefined);
      })
      .catch((error: unknown) => !asking.signal.aborted && setProblem(problemOf(error)));
    return () => {
      asking.abort();
    };
  }, [api, recordId, version, attempt]);

  const { next } = page;
  const loadMore = useCallback(() => {
    if (!next) return;
    api
      .get<History>(`/records/${recordId}/history?before=${next}`)
      .then((older) => setPage((now) => ({ ...older, entries: [...now.entries, ...older.entries] })))
      .catch((error: unknown) => setProblem(problemOf(error)));
  }, [api, recordId, next]);

  const reload = useCallback(() => setAttempt((count) => count + 1), []);
  return { entries: page.entries, more: next !== undefined && next > 0, problem, loadMore, reload };
}

/** A new first page in front of what has been paged through, so that reading on is not interrupted by a change. */
export function joined(first: History, known: History): History {
  const last = first.entries.at(-1)?.offset ?? 0;
  const meets = known.entries.some(({ offset }) => offset === last);
  if (!meets) return first;
  const older = known.entries.filter(({ offset }) => offset < last);
  return { entries: [...first.entries, ...older], ...(known.next !== undefined && { next: known.next }) };
}
