import { useCallback, useEffect, useRef, useState } from 'react';
import { problemOf, useApi } from '../../api/hooks.ts';
import type { Import, ImportList, ImportSettings, Problem } from '../../api/wire.ts';

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
    let current = true;
    api
      .get<T>(path)
      .then((value) => current && setState({ path, value }))
      .catch((error: unknown) => {
        const problem = problemOf(error);
        if (current)
          setState((before) => ({ path, problem, ...(before.path === path && before.value && { value: before.value }) }));
      });
    return () => {
      current = false;
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
 * the import would do with them; an answer that was overtaken is dropped.
 */
export function usePreview(imported: Import, onAnswer: (answer: Import) => void) {
  const api = useApi();
  const [settings, setSettings] = useState(imported.settings);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const round = useRef(0);
  // Another reading of the file has other columns: they are recognised once more.
  const anew = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(
    () => () => {
      round.current++;
      clearTimeout(timer.current);
    },
    [],
  );

  const change = (next: ImportSettings, again = false) => {
    const mine = ++round.current;
    anew.current ||= again;
    setSettings(next);
    setBusy(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void ask(next, mine), pauseMs);
  };
  const ask = async (next: ImportSettings, mine: number) => {
    try {
      const answer = await api.post<Import>(`/imports/${imported.id}/preview`, {
        settings: anew.current ? { ...next, headerRow: -1, columns: undefined, stages: undefined } : next,
      });
      if (mine !== round.current) return;
      anew.current = false;
      setSettings(answer.settings);
      setProblem(undefined);
      onAnswer(answer);
    } catch (error) {
      const refused = problemOf(error);
      if (mine === round.current) setProblem(refused);
    }
    if (mine === round.current) setBusy(false);
  };
  return { settings, change, busy, problem };
}
