import { useCallback, useEffect, useRef, useState } from 'react';
import { problemOf, useApi } from '../../api/hooks.ts';
import type { Import, ImportList, ImportOutcome, ImportRows, ImportSettings, Problem } from '../../api/wire.ts';
import { useDraft } from '../../records/drafts.ts';
import { type Again, joined, questionOf } from './settings.ts';

/** What was loaded over HTTP and is not live; with neither value nor problem it is on its way. */
export interface Loaded<T> {
  readonly value?: T;
  readonly problem?: Problem;
  reload(): void;
}

/** Loads a path, and again when it changes or on request; the old value stays until then. */
function useLoaded<T>(path: string): Loaded<T> & { put(value: T): void } {
  const api = useApi();
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<{ path: string; value?: T; problem?: Problem }>({ path });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks again
  useEffect(() => {
    const asking = new AbortController();
    api
      .get<T>(path, asking.signal)
      .then((value) => !asking.signal.aborted && setState({ path, value }))
      .catch((error: unknown) => {
        const problem = problemOf(error);
        if (!asking.signal.aborted)
          setState((before) => ({ path, problem, ...(before.path === path && before.value && { value: before.value }) }));
      });
    return () => {
      asking.abort();
    };
  }, [api, path, attempt]);
  const reload = useCallback(() => setAttempt((count) => count + 1), []);
  const put = useCallback((value: T) => setState({ path, value }), [path]);
  const { value, problem } = state.path === path ? state : {};
  return { reload, put, ...(value !== undefined && { value }), ...(problem && { problem }) };
}

/** The person's imports, newest first. */
export function useImportList(): Loaded<ImportList> {
  return useLoaded<ImportList>('/imports');
}

/** One import; while it waits to be started, with its analysis. */
export function useImport(id: string) {
  return useLoaded<Import>(`/imports/${id}`);
}

const pauseMs = 300;

/**
 * The settings as the person changes them. After a pause the server says what
 * the import would do with them; an answer that was overtaken is dropped. They
 * are kept over a reload, until forget() is called.
 */
export function usePreview(imported: Import, onAnswer: (answer: Import) => void) {
  const api = useApi();
  const [draft, setDraft] = useDraft(imported.id, 'settings');
  const [settings, setSettings] = useState(imported.settings);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const round = useRef(0);
  // What has to be recognised anew, since the last answer.
  const wish = useRef<Again>('nothing');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(
    () => () => {
      round.current++;
      clearTimeout(timer.current);
    },
    [],
  );

  const change = (next: ImportSettings, again: Again = 'nothing') => {
    const mine = ++round.current;
    wish.current = joined(wish.current, again);
    setSettings(next);
    setDraft({ value: next, basedOn: 0, before: undefined });
    setBusy(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void ask(next, mine), pauseMs);
  };
  const ask = async (next: ImportSettings, mine: number) => {
    try {
      const answer = await api.post<Import>(`/imports/${imported.id}/preview`, { settings: questionOf(next, wish.current) });
      if (mine !== round.current) return;
      wish.current = 'nothing';
      setSettings(answer.settings);
      setDraft({ value: answer.settings, basedOn: 0, before: undefined });
      setProblem(undefined);
      onAnswer(answer);
    } catch (error) {
      const refused = problemOf(error);
      if (mine === round.current) setProblem(refused);
    }
    if (mine === round.current) setBusy(false);
  };
  // After a reload the page goes on where the person was.
  const kept = useRef(draft?.value as ImportSettings | undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, as the page opens
  useEffect(() => {
    if (kept.current) change(kept.current);
  }, []);
  return { settings, change, busy, problem, forget: () => setDraft(undefined) };
}

/** What became of the rows, page by page. */
export function useRows(importId: string, fate: string) {
  const api = useApi();
  const [rows, setRows] = useState<readonly ImportOutcome[]>();
  const [next, setNext] = useState<number>();
  const [problem, setProblem] = useState<Problem>();
  const path = `/imports/${importId}/rows?fate=${fate}&limit=50`;
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks again
  useEffect(() => {
    const asking = new AbortController();
    setRows(undefined);
    setProblem(undefined);
    api
      .get<ImportRows>(path, asking.signal)
      .then((page) => {
        if (asking.signal.aborted) return;
        setRows(page.rows);
        setNext(page.next);
      })
      .catch((error: unknown) => !asking.signal.aborted && setProblem(problemOf(error)));
    return () => {
      asking.abort();
    };
  }, [api, path, attempt]);
  const more = () => {
    api
      .get<ImportRows>(`${path}&after=${next}`)
      .then((page) => {
        setRows((before = []) => [...before, ...page.rows]);
        setNext(page.next);
      })
      .catch((error: unknown) => setProblem(problemOf(error)));
  };
  return { rows, problem, more: next ? more : undefined, again: () => setAttempt(attempt + 1) };
}
