import { useCallback } from 'react';
import { useIntl } from 'react-intl';
import { useProblemText } from '../../ui/index.ts';

type Readable = Parameters<ReturnType<typeof useProblemText>>[0];

/** What is wrong with a file, a row or a setting; reasons that only imports have are told by this feature. */
export function useImportProblem(): (problem: Readable) => string {
  const intl = useIntl();
  const problemText = useProblemText();
  return useCallback(
    (problem) => {
      const id = `imports.problem.${problem.reason}`;
      const reason = id in intl.messages ? intl.formatMessage({ id }) : problemText(problem);
      const row = problem.params?.['row'];
      return row ? intl.formatMessage({ id: 'imports.atRow' }, { row, reason }) : reason;
    },
    [intl, problemText],
  );
}
