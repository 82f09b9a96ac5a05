import { useCallback } from 'react';
import { useIntl } from 'react-intl';
import { useSchema } from '../../api/hooks.ts';
import { useFieldLabel } from '../../ui/index.ts';

/** What a column becomes, in the reader's words: a field of the deal, or something beside it. */
export function useTargetLabel(): (field: string) => string {
  const intl = useIntl();
  const fieldLabel = useFieldLabel();
  const deal = useSchema('deal');
  return useCallback(
    (field) => {
      const id = `imports.to.${field || 'nothing'}`;
      if (id in intl.messages) return intl.formatMessage({ id });
      return fieldLabel('deal', field, deal.find(({ key }) => key === field)?.labels);
    },
    [intl, fieldLabel, deal],
  );
}
