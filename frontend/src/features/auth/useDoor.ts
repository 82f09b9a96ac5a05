import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { problemOf, useApi, useSync } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { useFieldProblems, useProblemText } from '../../ui/index.ts';

/** A form that ends in a session: it posts, opens the app, or says what is wrong and where. */
export function useDoor(path: string, body: () => Record<string, unknown>) {
  const api = useApi();
  const sync = useSync();
  const navigate = useNavigate();
  const problemText = useProblemText();
  const fieldProblems = useFieldProblems();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await api.post(path, body());
      await sync.start();
      await navigate({ to: '/boards', replace: true });
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  const fields = fieldProblems(problem?.fields);
  // Fields tell their own problem; only what belongs to no field stands above the form.
  const sentence = problem && Object.keys(fields).length === 0 ? problemText(problem) : undefined;
  return { submit, busy, fields, sentence };
}
