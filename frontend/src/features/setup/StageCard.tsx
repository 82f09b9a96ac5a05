import { ActionIcon } from '@mantine/core';
import { IconAlertCircle, IconArrowDown, IconArrowUp, IconChevronRight, IconGripVertical, IconTrash } from '@tabler/icons-react';
import { type KeyboardEvent, useRef } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { useSchema } from '../../api/hooks.ts';
import { useFieldLabel } from '../../ui/index.ts';
import { ClashNotice } from './ClashNotice.tsx';
import type { StageCardProps } from './partProps.ts';
import type { PipelineValues, StageValues } from './pipelineValues.ts';
import { StageForm } from './StageForm.tsx';
import classes from './setup.module.css';
import { useStageDrag } from './useStageDrag.ts';

/** A stage in one line, and below it, when it is open, all that is set of it. */
export function StageCard(props: StageCardProps) {
  const { stage, place, open, onToggle, onPut, onRemove, values, problems, clashes, decide, by } = props;
  const intl = useIntl();
  const card = useRef<HTMLLIElement>(null);
  const handle = useRef<HTMLSpanElement>(null);
  const edge = useStageDrag(card, handle, stage.id);
  const facts = useFacts(stage, values);
  const panel = `stage-${stage.id}`;
  const name = stage.name || intl.formatMessage({ id: 'setup.unnamed' });
  const inUse = problems.inUse.includes(stage.id);
  const onKeyDown = (event: KeyboardEvent) => {
    if (!event.altKey || (event.code !== 'ArrowUp' && event.code !== 'ArrowDown')) return;
    event.preventDefault();
    onPut(place + (event.code === 'ArrowUp' ? -1 : 1), 'head');
  };
  const step = (by: 1 | -1, control: 'up' | 'down', end: boolean) => (
    <ActionIcon
      data-control={control}
      aria-label={intl.formatMessage({ id: `setup.move_${control}` }, { stage: name })}
      aria-disabled={end || undefined} // it keeps the focus at the end
      onClick={() => onPut(place + by, control)}
    >
      {control === 'up' ? <IconArrowUp size={18} stroke={1.6} /> : <IconArrowDown size={18} stroke={1.6} />}
    </ActionIcon>
  );
  return (
    <li ref={card} className={classes['stage']} data-stage={stage.id} data-edge={edge} data-kind={stage.kind}>
      <div className={classes['stageHead']}>
        <span ref={handle} className={classes['handle']} aria-hidden="true" title={intl.formatMessage({ id: 'setup.drag' })}>
          <IconGripVertical size={18} stroke={1.6} />
        </span>
        <button
          type="button"
          data-control="head"
          data-problem={inUse || undefined}
          className={classes['stageToggle']}
          aria-expanded={open}
          aria-controls={panel}
          onClick={onToggle}
          onKeyDown={onKeyDown}
        >
          <IconChevronRight size={16} stroke={1.8} aria-hidden="true" />
          <span>
            <b>{name}</b>
            <small className="soft">{facts.join(' · ')}</small>
          </span>
        </button>
        <span className={classes['stageVerbs']}>
          {step(-1, 'up', place === 0)}
          {step(1, 'down', place === values.stages.length - 1)}
          <ActionIcon aria-label={intl.formatMessage({ id: 'setup.removeStage' }, { stage: name })} onClick={onRemove}>
            <IconTrash size={18} stroke={1.6} />
          </ActionIcon>
        </span>
      </div>
      <div className={classes['stageNotes']}>
        {inUse && (
          <p role="alert" className={classes['problem']}>
            <IconAlertCircle size={16} aria-hidden="true" /> <FormattedMessage id="problem.stage_in_use" />
          </p>
        )}
        <ClashNotice
          clashes={clashes}
          path={`stages/${stage.id}`}
          by={by}
          decide={decide}
          show={(theirs) => (theirs as StageValues).name}
        />
      </div>
      <div id={panel} className={classes['panel']} hidden={!open}>
        {open && <StageForm {...props} />}
      </div>
    </li>
  );
}

/** What matters of a stage, in a few words. */
function useFacts(stage: StageValues, values: PipelineValues): string[] {
  const intl = useIntl();
  const label = useFieldLabel();
  const schema = useSchema('deal');
  const names = stage.from.map((id) => values.stages.find((other) => other.id === id)?.name ?? '…');
  const asked = stage.requires.map((key) => label('deal', key, schema.find((field) => field.key === key)?.labels));
  const facts = [intl.formatMessage({ id: `setup.kind_${stage.kind}` })];
  if (stage.kind === 'open' && stage.probability !== '')
    facts.push(intl.formatNumber(stage.probability / 100, { style: 'percent' }));
  if (stage.idleDays !== '') facts.push(intl.formatMessage({ id: 'setup.idleFact' }, { days: stage.idleDays }));
  if (asked.length > 0) facts.push(intl.formatMessage({ id: 'setup.asksFact' }, { list: intl.formatList(asked) }));
  if (names.length > 0) facts.push(intl.formatMessage({ id: 'setup.fromFact' }, { list: intl.formatList(names) }));
  return facts;
}
