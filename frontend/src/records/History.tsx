import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, useCommand, useRecords, useSchema } from '../api/hooks.ts';
import type { FieldChange, HistoryEntry, Problem } from '../api/wire.ts';
import { Face, FieldValue, RelativeDate, useFieldLabel, useProblemText } from '../ui/index.ts';
import type { HeadingLevel } from './Comments.tsx';
import { nameOf, useName } from './people.ts';
import classes from './RecordFields.module.css';
import { stagesOf } from './stages.ts';
import { useHistory } from './useHistory.ts';

/** What happened to a record: who, when, from what to what, and the way back. */
export function History({ record, level = 3 }: { record: CrmRecord; level?: HeadingLevel }) {
  const { entries, more, problem, loadMore, reload } = useHistory(record.id, record.version);
  const Heading = `h${level}` as const;
  const problemText = useProblemText();
  return (
    <section aria-labelledby={`happened-${record.id}`}>
      <Heading id={`happened-${record.id}`} className={classes['title']}>
        <FormattedMessage id="record.history" />
      </Heading>
      <ol className={classes['lines']}>
        {entries.map((entry) => (
          <Happened key={entry.offset} entry={entry} record={record} />
        ))}
      </ol>
      {problem && (
        <p role="alert" className={classes['problem']}>
          {problemText(problem)}{' '}
          <button type="button" className={classes['more']} onClick={reload}>
            <FormattedMessage id="record.tryAgain" />
          </button>
        </p>
      )}
      {more && (
        <button type="button" className={classes['more']} onClick={loadMore}>
          <FormattedMessage id="record.earlier" />
        </button>
      )}
    </section>
  );
}

function Happened({ entry, record }: { entry: HistoryEntry; record: CrmRecord }) {
  const intl = useIntl();
  const name = useName(entry.by) || intl.formatMessage({ id: entry.by ? 'ui.somebody' : 'record.system' });
  // What a record began with is not what somebody changed.
  const created = entry.created === true;
  const changes = created ? [] : entry.changes.filter(({ key }) => key !== 'trashedAt');
  const verb = verbOf(entry, created);
  return (
    <li className={classes['line']}>
      <Face userId={entry.by ?? ''} name={name} size="s" nameBeside />
      <div>
        <FormattedMessage id={`record.did.${verb}`} values={{ who: <b>{name}</b> }} />
        {changes.map((change) => (
          <Change key={change.key} change={change} record={record} />
        ))}
        <UndoEntry entry={entry} />
      </div>
      <span className={classes['when']}>
        <RelativeDate at={entry.at} />
      </span>
    </li>
  );
}

/** The kind of sentence for an entry; keys record.did.*. */
function verbOf(entry: HistoryEntry, created: boolean): string {
  if (entry.undoes) return 'undo';
  if (entry.source === 'import') return created ? 'imported' : 'importedChange';
  if (created) return 'create';
  const trashed = entry.changes.find(({ key }) => key === 'trashedAt');
  if (trashed) return trashed.to === undefined ? 'restore' : 'trash';
  if (entry.changes.some(({ key }) => key === 'stageId')) return 'move';
  return 'edit';
}

function Change({ change, record }: { change: FieldChange; record: CrmRecord }) {
  const label = useFieldLabel();
  const schema = useSchema(record.type);
  const field = schema.find(({ key }) => key === change.key);
  const show = useShown(record, change.key);
  const value = (from: unknown) =>
    show(from) ?? <FieldValue type={record.type} field={field} fieldKey={change.key} value={from} />;
  return (
    <div className={classes['change']}>
      <span className="soft">{label(record.type, change.key, field?.labels)}</span> <s>{value(change.from)}</s>
      {' → '}
      <b>{value(change.to)}</b>
    </div>
  );
}

/** Stages and pipelines by their names; undefined for what is a field like others. */
function useShown(record: CrmRecord, key: string): (value: unknown) => ReactNode | undefined {
  const pipelines = useRecords('pipeline');
  if (key === 'pipelineId') return (id) => nameOf(pipelines.find((pipeline) => pipeline.id === id));
  if (key !== 'stageId') return () => undefined;
  const own = pipelines.find(({ id }) => id === record.fields['pipelineId']);
  const stages = [own, ...pipelines].flatMap(stagesOf);
  return (id) => stages.find((stage) => stage.id === id)?.name ?? '';
}

function UndoEntry({ entry }: { entry: HistoryEntry }) {
  const intl = useIntl();
  const run = useCommand();
  const problemText = useProblemText();
  const [problem, setProblem] = useState<Problem>();
  if (!entry.mayUndo) return null;
  const undo = async () => {
    const label = intl.formatMessage({ id: 'record.undone' });
    const outcome = await run({ name: 'undo', args: { offset: entry.offset }, label, refusal: 'caller' });
    setProblem(outcome.ok ? undefined : outcome.problem);
  };
  return (
    <div>
      <Button variant="transparent" size="compact-xs" p={0} onClick={() => void undo()}>
        <FormattedMessage id="record.undoThis" />
      </Button>
      {problem && (
        <p role="alert" className={classes['problem']}>
          {problemText(problem)}
        </p>
      )}
    </div>
  );
}
