import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { ApiError, type CrmRecord, useApi, useCommand, useSchema } from '../../api/hooks.ts';
import type { FieldChange, FieldInfo, History, HistoryEntry } from '../../api/wire.ts';
import { useName } from '../../records/people.ts';
import { FieldValue, RelativeDate, useFieldLabel } from '../../ui/index.ts';
import classes from './customers.module.css';

/** What happened to a record: who, when, from what to what, and the way back. */
export function HistoryList({ record }: { record: CrmRecord }) {
  const intl = useIntl();
  const { entries, next, failed, more, again } = useHistory(record.id, record.version);
  return (
    <section className={classes['sheet']} aria-label={intl.formatMessage({ id: 'customers.history' })}>
      <h2>
        <FormattedMessage id="customers.history" />
      </h2>
      {failed && (
        <p role="alert">
          <FormattedMessage id="customers.noHistory" />{' '}
          <Button size="xs" variant="default" onClick={again}>
            <FormattedMessage id="customers.again" />
          </Button>
        </p>
      )}
      <ol className={classes['history']}>
        {entries.map((entry) => (
          <Line key={entry.offset} entry={entry} type={record.type} />
        ))}
      </ol>
      {next !== undefined && (
        <Button size="xs" variant="default" onClick={more}>
          <FormattedMessage id="customers.older" />
        </Button>
      )}
    </section>
  );
}

interface HistoryState {
  readonly entries: readonly HistoryEntry[];
  readonly next?: number | undefined;
  readonly failed: boolean;
}

/** The history, loaded again when the record has a new version. */
function useHistory(id: string, version: number) {
  const api = useApi();
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<HistoryState>({ entries: [], failed: false });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version or a new attempt asks again
  useEffect(() => {
    let current = true;
    if (version === 0) return undefined; // only this browser knows it
    api
      .get<History>(`/records/${id}/history`)
      .then((page) => current && setState({ entries: page.entries, next: page.next, failed: false }))
      .catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        if (current) setState((before) => ({ ...before, failed: true }));
      });
    return () => {
      current = false;
    };
  }, [api, id, version, attempt]);
  const more = async () => {
    try {
      const page = await api.get<History>(`/records/${id}/history?before=${state.next}`);
      setState((before) => ({ entries: [...before.entries, ...page.entries], next: page.next, failed: false }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setState((before) => ({ ...before, failed: true }));
    }
  };
  return { ...state, more: () => void more(), again: () => setAttempt((count) => count + 1) };
}

function Line({ entry, type }: { entry: HistoryEntry; type: string }) {
  const intl = useIntl();
  const run = useCommand();
  const schema = useSchema(type);
  const name = useName(entry.by) || intl.formatMessage({ id: 'ui.somebody' });
  const undo = () =>
    void run({ name: 'undo', args: { offset: entry.offset }, label: intl.formatMessage({ id: 'customers.didUndo' }) });
  return (
    <li className={classes['entry']}>
      <div className={classes['entryHead']}>
        <span>
          <FormattedMessage id={deed(entry)} values={{ name: <strong>{name}</strong> }} />{' '}
          <small className="soft">
            <RelativeDate at={entry.at} />
          </small>
        </span>
        {entry.mayUndo && (
          <Button size="compact-xs" variant="subtle" onClick={undo}>
            <FormattedMessage id="customers.undoThis" />
          </Button>
        )}
      </div>
      <ul className={classes['changes']}>
        {entry.changes
          .filter(({ key }) => key !== 'trashedAt')
          .map((change) => (
            <Change key={change.key} type={type} change={change} field={schema.find(({ key }) => key === change.key)} />
          ))}
      </ul>
    </li>
  );
}

function deed(entry: HistoryEntry): string {
  if (entry.undoes) return 'customers.byUndo';
  if (entry.source === 'import' || entry.command.startsWith('import.')) return 'customers.byImport';
  switch (entry.command) {
    case 'record.create':
      return 'customers.byCreate';
    case 'record.trash':
      return 'customers.byTrash';
    case 'record.restore':
      return 'customers.byRestore';
    default:
      return 'customers.byChange';
  }
}

function Change({ type, change, field }: { type: string; change: FieldChange; field: FieldInfo | undefined }) {
  const label = useFieldLabel()(type, change.key, field?.labels);
  const value = (of: unknown) => <FieldValue type={type} field={field} fieldKey={change.key} value={of} />;
  return (
    <li>
      <FormattedMessage
        id={change.from === undefined ? 'customers.fieldSet' : 'customers.fieldChanged'}
        values={{ field: label, from: value(change.from), to: value(change.to) }}
      />
    </li>
  );
}
