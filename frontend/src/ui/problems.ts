import { useCallback } from 'react';
import { useIntl } from 'react-intl';

/** What a refusal holds that people read; see Problem in src/api/wire.ts. */
export interface ReadableProblem {
  readonly code: string;
  readonly reason: string;
  readonly params?: Readonly<Record<string, string>> | undefined;
}

/** Says why something was refused, in the reader's language; reasons of a newer server fall back to their code. */
export function useProblemText(): (problem: ReadableProblem) => string {
  const intl = useIntl();
  return useCallback(
    ({ code, reason, params }) => {
      const id = [`problem.${reason}`, `problem.code_${code}`].find((key) => key in intl.messages) ?? 'problem.code_internal';
      return intl.formatMessage({ id }, { ...params, ...patience(params?.['seconds']) });
    },
    [intl],
  );
}

/** As useProblemText, down to the reasons of the fields: for where nothing can be said beside them. */
export function useReasonText(): (problem: ReadableProblem & { readonly fields?: Readonly<Record<string, string>> }) => string {
  const problemText = useProblemText();
  return useCallback(
    (problem) => {
      const reasons = problem.reason === 'invalid' ? new Set(Object.values(problem.fields ?? {})) : [];
      const sentences = [...reasons].map((reason) => problemText({ ...problem, reason }));
      return sentences.join(' ') || problemText(problem);
    },
    [problemText],
  );
}

/** How long to wait, as people say it: from a minute and a half on in whole minutes, and seconds only below. */
function patience(seconds: string | undefined): { minutes: number; seconds: number } {
  const wait = Math.max(1, Number(seconds) || 0);
  return wait < 90 ? { minutes: 0, seconds: wait } : { minutes: Math.ceil(wait / 60), seconds: 0 };
}

/** The reasons beside each field, in the reader's language; keys as the server names them. */
export function useFieldProblems(): (fields: Readonly<Record<string, string>> | undefined) => Record<string, string> {
  const problemText = useProblemText();
  return useCallback(
    (fields) =>
      Object.fromEntries(Object.entries(fields ?? {}).map(([key, reason]) => [key, problemText({ code: 'invalid', reason })])),
    [problemText],
  );
}
