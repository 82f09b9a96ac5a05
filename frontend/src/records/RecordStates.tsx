import { Skeleton } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import type { RecordViewState } from '../api/hooks.ts';
import { ErrorState, NoAccess, OfflineState, Skeletons, useProblemText } from '../ui/index.ts';
import { useWritten } from './drafts.ts';
import classes from './RecordStates.module.css';

/** What stands where a record would be that is not here: on its way, failed, or not for this person. */
export function RecordMissing({ view, recordId, onBack }: { view: RecordViewState; recordId: string; onBack(): void }) {
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
  return <Gone recordId={recordId} onBack={onBack} />;
}

/** Not here any more, perhaps while it was being written about: what was written stays to be read and copied. */
function Gone({ recordId, onBack }: { recordId: string; onBack(): void }) {
  const intl = useIntl();
  const place = useRef<HTMLDivElement>(null);
  const written = useWritten(recordId);
  // What had the focus is gone with the record.
  useEffect(() => {
    if (document.activeElement === document.body) place.current?.focus();
  }, []);
  return (
    <div ref={place} tabIndex={-1} role="alert">
      <NoAccess
        sentence={intl.formatMessage({ id: 'record.noAccess' })}
        verb={{ label: intl.formatMessage({ id: 'record.back' }), onPress: onBack }}
      />
      {written.length > 0 && (
        <section className={classes['written']}>
          <p className="soft">
            <FormattedMessage id="record.writtenStays" />
          </p>
          {written.map((words) => (
            <blockquote key={words}>{words}</blockquote>
          ))}
        </section>
      )}
    </div>
  );
}
