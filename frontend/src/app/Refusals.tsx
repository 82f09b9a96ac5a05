import { Alert, Button } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useIntl } from 'react-intl';
import { type PendingCommand, text, useMe, useOutbox, useRecord, useRecords } from '../api/hooks.ts';
import type { Problem } from '../api/wire.ts';
import { FieldValue } from '../ui/fields/FieldValue.tsx';
import { useFieldLabel } from '../ui/fields/labels.ts';
import { useReasonText } from '../ui/problems.ts';
import classes from './Refusals.module.css';

/**
 * What could not be done, with the reason and both values, until it is read.
 * What could not be undone is told until the person leaves the place, too.
 */
export function Refusals({ place }: { place: string }) {
  const { refused, dismiss } = useOutbox();
  const last = useRef(place);
  useEffect(() => {
    if (last.current === place) return;
    last.current = place;
    for (const { name, commandId } of refused) if (name === 'undo') dismiss(commandId);
  }, [place, refused, dismiss]);
  return (
    <div aria-live="polite" className={classes['list']} data-testid="refusals">
      {refused.slice(-3).map((command) => (
        <Refusal key={command.commandId} command={command} onRead={() => dismiss(command.commandId)} />
      ))}
    </div>
  );
}

/** Whether the refusal is about a record: the one the command named, or the one somebody else changed. */
export function isAbout({ args, problem }: PendingCommand, id: string): boolean {
  return args['id'] === id || problem?.current?.id === id;
}

function Refusal({ command, onRead }: { command: PendingCommand; onRead(): void }) {
  const intl = useIntl();
  const reasonText = useReasonText();
  const { problem } = command;
  const record = useRecord(String(command.args['id'] ?? problem?.current?.id ?? ''));
  const undo = command.name === 'undo';
  const type = problem?.current?.t ?? typeOf(command);
  const name = text(record, 'title') || text(record, 'name');
  return (
    <Alert
      color="red"
      variant="light"
      title={intl.formatMessage(
        { id: undo ? 'app.couldNotUndo' : 'app.couldNot' },
        { what: (undo ? whatOf(command, name) : command.label || name) || intl.formatMessage({ id: 'app.yourChange' }) },
      )}
      withCloseButton
      closeButtonLabel={intl.formatMessage({ id: 'ui.close' })}
      onClose={onRead}
    >
      {problem && (
        <p>
          {problem.code === 'conflict' && problem.params?.['by'] ? <ChangedBy id={problem.params['by']} /> : reasonText(problem)}
        </p>
      )}
      {undo && problem && <PresentValues type={type} problem={problem} />}
      {!undo && problem && <Wanted type={type} wanted={command.wanted} current={problem.current} />}
      <Button variant="default" onClick={onRead}>
        {intl.formatMessage({ id: 'app.understood' })}
      </Button>
    </Alert>
  );
}

/** Of the record that a command is about, also when it is not here any more. */
function typeOf({ args, type, effects }: PendingCommand): string {
  const made = effects.find((effect) => effect.do === 'create');
  return type ?? made?.record.type ?? String(args['type'] ?? '');
}

/** In the person's words; with the name of the record where these do not have it. */
function whatOf({ undoes = '' }: PendingCommand, name: string): string {
  return undoes.includes(name) ? undoes : [undoes, name].filter(Boolean).join(', ');
}

function ChangedBy({ id }: { id: string }) {
  const intl = useIntl();
  const me = useMe();
  const who = text(useRecord(id), 'name') || intl.formatMessage({ id: 'ui.somebody' });
  return intl.formatMessage({ id: me?.id === id ? 'app.changedByYou' : 'app.changedBy' }, { who });
}

/** The fields that stand in the way of an undo, each with its value of now where the person sees it. */
function PresentValues({ type, problem: { fields = {}, current } }: { type: string; problem: Problem }) {
  const keys = Object.keys(fields);
  if (keys.length === 0) return null;
  return (
    <dl className={classes['values']}>
      {keys.map((key) => (
        <PresentValue key={key} type={type} field={key} current={current} />
      ))}
    </dl>
  );
}

function PresentValue({ type, field, current }: { type: string; field: string; current: Problem['current'] }) {
  const intl = useIntl();
  const label = useFieldLabel();
  const show = useShownValue(type, field);
  // Without its value it is either empty, or in a group that is not shared: only one of the two may be said.
  const known = current && (field in current.f || !current.m?.length);
  return (
    <>
      <dt>{label(type, field)}</dt>
      <dd>
        {known && (
          <>
            {intl.formatMessage({ id: 'app.theirs' })} <b>{show(current.f[field])}</b>
          </>
        )}
      </dd>
    </>
  );
}

/** What the person wrote, so that it can be read and copied; beside what stands there now, where that is known. */
function Wanted({ type, wanted, current }: { type: string; wanted: PendingCommand['wanted']; current: Problem['current'] }) {
  const written = Object.entries(flat(wanted)).filter(([key]) => current || !placing.has(key));
  if (written.length === 0) return null;
  return (
    <dl className={classes['values']}>
      {written.map(([key, mine]) => (
        <WantedValue key={key} type={type} field={key} mine={mine} current={current} />
      ))}
    </dl>
  );
}

/** Where something was to stand: nobody has written that, and the sentence about it names it. */
const placing = new Set(['pipelineId', 'stageId', 'departmentId', 'order']);

/** Custom fields may be nested under "fields". */
function flat({ fields, ...values }: PendingCommand['wanted']): PendingCommand['wanted'] {
  if (typeof fields !== 'object' || fields === null) return values;
  return { ...values, ...Object.fromEntries(Object.entries(fields).map(([key, value]) => [`fields.${key}`, value])) };
}

function WantedValue({
  type,
  field,
  mine,
  current,
}: {
  type: string;
  field: string;
  mine: unknown;
  current: Problem['current'];
}) {
  const intl = useIntl();
  const label = useFieldLabel();
  const show = useShownValue(type, field);
  return (
    <>
      <dt>{label(type, field)}</dt>
      <dd>
        {intl.formatMessage({ id: 'app.yours' }, { value: '' })} <span className={classes['mine']}>{show(mine)}</span>
        {current && (
          <>
            {' · '}
            {intl.formatMessage({ id: 'app.theirs' }, { value: '' })} <b>{show(current.f[field])}</b>
          </>
        )}
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
