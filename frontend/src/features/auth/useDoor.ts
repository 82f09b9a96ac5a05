import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { problemOf, useSync } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { useFieldProblems, useProblemText } from '../../ui/index.ts';

/** What a form at the door is made of. */
export interface Door {
  submit(event: FormEvent): void;
  readonly busy: boolean;
  /** By field: what is wrong with it. */
  readonly fields: Readonly<Record<string, string>>;
  /** What is wrong and belongs to no field. */
  readonly sentence: string | undefined;
}

/** A form that ends in a session: it posts, opens the app, or says what is wrong and where. */
export function useDoor(path: string, body: () => Record<string, unknown>): Door {
  const sync = useSync();
  const navigate = useNavigate();
  const problemText = useProblemText();
  const fieldProblems = useFieldProblems();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  const enter = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await sync.enter(path, body());
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
  return { submit: (event) => void enter(event), busy, fields, sentence };
}
