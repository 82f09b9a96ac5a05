import { Skeleton } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type RecordViewState, useCommand, useMe, useThrownAway } from '../api/hooks.ts';
import { ErrorState, NoAccess, OfflineState, Skeletons, useProblemText, useReasonText } from '../ui/index.ts';
import { useWritten } from './drafts.ts';
import { useName } from './people.ts';
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
  return <Gone recordId={recordId} may={view.may} onBack={onBack} />;
}

/**
 * Not here any more, perhaps while it was being written about: who threw it away,
 * if that is what happened, and the way back for who may; what was written stays
 * to be read and copied.
 */
function Gone({ recordId, may, onBack }: { recordId: string; may: readonly string[]; onBack(): void }) {
  const intl = useIntl();
  const sentence = useGoneSentence(recordId);
  const [restore, problem] = useRestore(recordId, may);
  const place = useRef<HTMLDivElement>(null);
  const written = useWritten(recordId);
  // What had the focus is gone with the record.
  useEffect(() => {
    if (document.activeElement === document.body) place.current?.focus();
  }, []);
  return (
    <div ref={place} tabIndex={-1} role="alert">
      <NoAccess
        sentence={sentence}
        verb={{ label: intl.formatMessage({ id: 'record.back' }), onPress: onBack }}
        other={restore && { label: intl.formatMessage({ id: 'record.restore' }), onPress: restore }}
      />
      {problem && <p className={classes['problem']}>{problem}</p>}
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

function useGoneSentence(recordId: string): string {
  const intl = useIntl();
  const me = useMe();
  const thrown = useThrownAway(recordId);
  const who = useName(thrown?.by) || intl.formatMessage({ id: 'ui.somebody' });
  if (!thrown) return intl.formatMessage({ id: 'record.noAccess' });
  return intl.formatMessage({ id: me && thrown.by === me.id ? 'record.thrownAwayByYou' : 'record.thrownAway' }, { who });
}

/** The way back from the trash, for who could have thrown it away himself; and why it was refused. */
function useRestore(recordId: string, may: readonly string[]): [restore: (() => void) | undefined, problem: string] {
  const intl = useIntl();
  const run = useCommand();
  const reasonText = useReasonText();
  const thrown = useThrownAway(recordId);
  const [problem, setProblem] = useState('');
  const restore = async () => {
    setProblem('');
    const outcome = await run({
      name: 'record.restore',
      args: { id: recordId },
      label: intl.formatMessage({ id: 'record.restored' }),
      refusal: 'caller',
    });
    if (!outcome.ok) setProblem(reasonText(outcome.problem));
  };
  return [thrown && may.includes('delete') ? () => void restore() : undefined, problem];
}
