import { Skeleton } from '@mantine/core';
import { useIntl } from 'react-intl';
import type { RecordViewState } from '../api/hooks.ts';
import { ErrorState, NoAccess, OfflineState, Skeletons, useProblemText } from '../ui/index.ts';

/** What stands where a record would be that is not here: on its way, failed, or not for this person. */
export function RecordMissing({ view, onBack }: { view: RecordViewState; onBack(): void }) {
  const intl = useIntl();
  const problemText = useProblemText();
  const again = { label: intl.formatMessage({ id: 'record.tryAgain' }), onPress: view.reload };
  if (view.status === 'loading') {
    return (
      <Skeletons>
        <Skeleton height={24} width="60%" m="md" />
        <Skeleton height={14} m="md" />
        <Skeleton height={14} m="md" />
        <Skeleton height={14} width="80%" m="md" />
      </Skeletons>
    );
  }
  if (view.status === 'failed' && view.problem) {
    const sentence = problemText(view.problem);
    return view.problem.code === 'unreachable' ? (
      <OfflineState sentence={sentence} verb={again} />
    ) : (
      <ErrorState sentence={sentence} verb={again} />
    );
  }
  return (
    <NoAccess
      sentence={intl.formatMessage({ id: 'record.noAccess' })}
      verb={{ label: intl.formatMessage({ id: 'record.back' }), onPress: onBack }}
    />
  );
}
