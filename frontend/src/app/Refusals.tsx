import { Alert, Button } from '@mantine/core';
import { useIntl } from 'react-intl';
import { type PendingCommand, text, useOutbox, useRecord, useRecords } from '../api/hooks.ts';
import { FieldValue } from '../ui/fields/FieldValue.tsx';
import { useFieldLabel } from '../ui/fields/labels.ts';
import { useProblemText } from '../ui/problems.ts';
import classes from './Refusals.module.css';

/** What could not be done, with the reason and both values, until it is read. */
export function Refusals() {
  const { refused, dismiss } = useOutbox();
  return (
    <div aria-live="polite" className={classes['list']} data-testid="refusals">
      {refused.slice(-3).map((command) => (
        <Refusal key={command.commandId} command={command} onRead={() => dismiss(command.commandId)} />
      ))}
    </div>
  );
}

function Refusal({ command, onRead }: { command: PendingCommand; onRead(): void }) {
  const intl = useIntl();
  const problemText = useProblemText();
  const { problem } = command;
  const record = useRecord(String(command.args['id'] ?? ''));
  const type = problem?.current?.t ?? record?.type ?? String(command.args['type'] ?? '');
  const name = text(record, 'title') || text(record, 'name');
  return (
    <Alert
      color="red"
      variant="light"
      title={intl.formatMessage(
        { id: 'app.couldNot' },
        { what: command.label || name || intl.formatMessage({ id: 'app.yourChange' }) },
      )}
      withCloseButton
      closeButtonLabel={intl.formatMessage({ id: 'ui.close' })}
      onClose={onRead}
    >
      {problem && <p>{problemText(problem)}</p>}
      {problem?.current && (
        <dl className={classes['values']}>
          {Object.entries(command.wanted).map(([key, mine]) => (
            <BothValues key={key} type={type} field={key} mine={mine} theirs={problem.current?.f[key]} />
          ))}
        </dl>
      )}
      <Button variant="default" onClick={onRead}>
        {intl.formatMessage({ id: 'app.understood' })}
      </Button>
    </Alert>
  );
}

function BothValues({ type, field, mine, theirs }: { type: string; field: string; mine: unknown; theirs: unknown }) {
  const intl = useIntl();
  const label = useFieldLabel();
  const show = useShownValue(type, field);
  return (
    <>
      <dt>{label(type, field)}</dt>
      <dd>
        {intl.formatMessage({ id: 'app.yours' }, { value: '' })} {show(mine)}
        {' · '}
        {intl.formatMessage({ id: 'app.theirs' }, { value: '' })} <b>{show(theirs)}</b>
      </dd>
    </>
  );
}

/** How a value of a field looks; a stage by its name. */
function useShownValue(type: string, key: string): (value: unknown) => React.ReactNode {
  const pipelines = useRecords('pipeline');
  return (value) => {
    if (key !== 'stageId') return <FieldValue type={type} fieldKey={key} value={value} />;
    const stages = pipelines.flatMap(({ fields }) =>
      Array.isArray(fields['stages']) ? (fields['stages'] as { id?: string; name?: string }[]) : [],
    );
    return stages.find((stage) => stage.id === value)?.name ?? '';
  };
}
