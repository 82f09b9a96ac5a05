import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, problemOf, text, useApi, useCommand, useSyncState } from '../../api/hooks.ts';
import type { Problem, TrashList } from '../../api/wire.ts';
import { fromWire } from '../../sync/record.ts';
import { RelativeDate, useFieldLabel, useProblemText } from '../../ui/index.ts';
import type { ExtensibleType } from './extensible.ts';
import { fieldValuesOf } from './fieldValues.ts';
import classes from './setup.module.css';

/** Fields that were thrown away, and the way back. What is in the trash is in no stream: it is asked for when a field comes or goes. */
export function TrashedFields({ type }: { type: ExtensibleType }) {
  const api = useApi();
  const problemText = useProblemText();
  const revision = useSyncState((state) => state.revisions['field'] ?? 0);
  // A field is gone from the screen before the server has heard of it.
  const waiting = useSyncState((state) => state.pending.length);
  const [trashed, setTrashed] = useState<readonly CrmRecord[]>([]);
  const [problem, setProblem] = useState<Problem>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again when the fields have changed
  useEffect(() => {
    let current = true;
    api
      .get<TrashList>('/trash?type=field&limit=200')
      .then(({ records }) => {
        if (!current) return;
        setTrashed(records.map(fromWire));
        setProblem(undefined);
      })
      .catch((error: unknown) => current && setProblem(problemOf(error)));
    return () => {
      current = false;
    };
  }, [api, revision, waiting]);
  const ofType = trashed.filter((definition) => text(definition, 'recordType') === type);
  if (ofType.length === 0 && !problem) return null;
  return (
    <section aria-labelledby="trashed-fields">
      <h2 id="trashed-fields">
        <FormattedMessage id="setup.trashedFields" />
      </h2>
      <p className="soft">
        <FormattedMessage id="setup.trashedFieldsWhy" />
      </p>
      {problem && <p className={classes['problem']}>{problemText(problem)}</p>}
      <ul className={classes['fieldRows']}>
        {ofType.map((definition) => (
          <TrashedField key={definition.id} definition={definition} />
        ))}
      </ul>
    </section>
  );
}

function TrashedField({ definition }: { definition: CrmRecord }) {
  const intl = useIntl();
  const run = useCommand();
  const label = useFieldLabel();
  const problemText = useProblemText();
  const [problem, setProblem] = useState<Problem>();
  const { key, labels } = fieldValuesOf(definition);
  const name = label(text(definition, 'recordType'), `fields.${key}`, labels);
  const restore = async () => {
    const outcome = await run({
      name: 'record.restore',
      args: { id: definition.id },
      label: intl.formatMessage({ id: 'setup.fieldRestored' }, { field: name }),
      refusal: 'caller',
    });
    setProblem(outcome.ok ? undefined : outcome.problem);
  };
  // The one thing in its way is another field of the same key.
  const taken = problem?.fields?.['key'] !== undefined;
  return (
    <li>
      <div>
        <b>{name}</b>{' '}
        <span className="soft">
          <RelativeDate at={text(definition, 'trashedAt')} />
        </span>
        {problem && (
          <span role="alert" className={classes['problem']}>
            {taken ? intl.formatMessage({ id: 'problem.field_taken' }) : problemText(problem)}
          </span>
        )}
      </div>
      <Button
        variant="default"
        aria-label={intl.formatMessage({ id: 'setup.restoreField' }, { field: name })}
        onClick={() => void restore()}
      >
        <FormattedMessage id="setup.restore" />
      </Button>
    </li>
  );
}
