import type { IntlShape } from 'react-intl';
import type { Problem } from '../api/wire.ts';

/** What went wrong, in a sentence of the reader's language. */
export function problemText(intl: IntlShape, problem: Pick<Problem, 'reason' | 'code' | 'params'>): string {
  return reasonText(intl, problem.reason, problem.params) ?? reasonText(intl, problem.code, problem.params) ?? intl.formatMessage({ id: 'record.problem' });
}

/** What is wrong with a field, or undefined for a reason without a text. */
export function reasonText(intl: IntlShape, reason: string, params: Record<string, string> = {}): string | undefined {
  const id = `problem.${reason}`;
  return id in intl.messages ? intl.formatMessage({ id }, params) : undefined;
}
