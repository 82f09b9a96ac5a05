import { MultiSelect, NumberInput, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { useSchema } from '../../api/hooks.ts';
import type { StageKind } from '../../records/stages.ts';
import { useFieldLabel } from '../../ui/index.ts';
import { ClashNotice } from './ClashNotice.tsx';
import type { StageCardProps } from './partProps.ts';
import { goneFrom, type StageValues, withStage } from './pipelineValues.ts';
import classes from './setup.module.css';

const kinds = ['open', 'won', 'lost'] as const;

/** All that is set of a stage. */
export function StageForm(props: StageCardProps) {
  const { stage, change, problems } = props;
  const intl = useIntl();
  const set = (values: Partial<StageValues>) => change((now) => withStage(now, stage.id, values));
  const error = (key: keyof StageValues) => problems.ofStage(stage.id, key);
  const demands = stage.requires.length > 0 || stage.from.length > 0;
  return (
    <div className={classes['form']}>
      <TextInput
        data-control="name"
        label={intl.formatMessage({ id: 'setup.stageName' })}
        value={stage.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        error={error('name')}
        required
        maxLength={100}
      />
      <Theirs {...props} of="name" />
      <Kind {...props} onChoose={(kind) => set({ kind })} />
      {stage.kind === 'open' && (
        <div className={classes['pair']}>
          <NumberInput
            label={intl.formatMessage({ id: 'setup.probability' })}
            description={intl.formatMessage({ id: 'setup.probabilityWhy' })}
            value={stage.probability}
            onChange={(value) => set({ probability: typeof value === 'number' ? value : '' })}
            error={error('probability')}
            min={0}
            max={100}
            allowDecimal={false}
            allowNegative={false}
            suffix="%"
            hideControls
          />
          <NumberInput
            label={intl.formatMessage({ id: 'setup.idleDays' })}
            description={intl.formatMessage({ id: 'setup.idleDaysWhy' })}
            value={stage.idleDays}
            onChange={(value) => set({ idleDays: typeof value === 'number' && value > 0 ? value : '' })}
            error={error('idleDays')}
            max={3650}
            allowDecimal={false}
            allowNegative={false}
            hideControls
          />
          <Theirs {...props} of="probability" />
          <Theirs {...props} of="idleDays" />
        </div>
      )}
      <Requires {...props} onChoose={(requires) => set({ requires })} />
      <From {...props} onChoose={(from) => set({ from })} />
      <Textarea
        label={intl.formatMessage({ id: 'setup.why' })}
        description={intl.formatMessage({ id: demands ? 'setup.whyAsked' : 'setup.whyOptional' })}
        value={stage.why}
        // One sentence: it stands beside what is asked.
        onChange={(event) => set({ why: event.currentTarget.value.replaceAll('\n', ' ') })}
        error={error('why')}
        autosize
        maxLength={300}
      />
      <Theirs {...props} of="why" />
    </div>
  );
}

/** The clash about one value of a stage. */
function Theirs({
  stage,
  clashes,
  by,
  decide,
  of,
  show,
}: StageCardProps & { of: keyof StageValues; show?: (value: unknown) => ReactNode }) {
  return <ClashNotice clashes={clashes} path={`stages/${stage.id}/${of}`} by={by} decide={decide} {...(show && { show })} />;
}

function Kind(props: StageCardProps & { onChoose(kind: StageKind): void }) {
  const { stage, onChoose } = props;
  const intl = useIntl();
  const label = useId();
  return (
    <div>
      <div id={label} className={classes['label']}>
        <FormattedMessage id="setup.kind" />
      </div>
      <SegmentedControl
        aria-labelledby={label}
        value={stage.kind}
        onChange={(value) => onChoose(kinds.find((kind) => kind === value) ?? 'open')}
        data={kinds.map((kind) => ({ value: kind, label: intl.formatMessage({ id: `setup.kind_${kind}` }) }))}
      />
      <Theirs {...props} of="kind" show={(kind) => intl.formatMessage({ id: `setup.kind_${kind}` })} />
    </div>
  );
}

function Requires(props: StageCardProps & { onChoose(keys: string[]): void }) {
  const { stage, problems, onChoose } = props;
  const intl = useIntl();
  const label = useFieldLabel();
  const schema = useSchema('deal').filter((field) => !field.readOnly);
  const words = (key: string) => {
    const field = schema.find((each) => each.key === key);
    const name = label('deal', key, field?.labels);
    return field ? name : intl.formatMessage({ id: 'setup.fieldGone' }, { field: name });
  };
  const keys = [...new Set([...schema.map(({ key }) => key), ...stage.requires])];
  return (
    <>
      <MultiSelect
        label={intl.formatMessage({ id: 'setup.requires' })}
        description={intl.formatMessage({ id: 'setup.requiresWhy' })}
        placeholder={stage.requires.length === 0 ? intl.formatMessage({ id: 'setup.nothing' }) : ''}
        data={keys.map((key) => ({ value: key, label: words(key) }))}
        value={[...stage.requires]}
        onChange={onChoose}
        error={problems.ofStage(stage.id, 'requires')}
        nothingFoundMessage={intl.formatMessage({ id: 'ui.nothingFound' })}
        searchable
        selectFirstOptionOnChange
      />
      <Theirs {...props} of="requires" show={(value) => intl.formatList((value as string[]).map(words))} />
    </>
  );
}

function From(props: StageCardProps & { onChoose(ids: string[]): void }) {
  const { stage, values, problems, onChoose } = props;
  const intl = useIntl();
  const gone = goneFrom(values, stage);
  const name = (id: string) => {
    const other = values.stages.find((each) => each.id === id);
    return other ? other.name || intl.formatMessage({ id: 'setup.unnamed' }) : intl.formatMessage({ id: 'setup.goneStage' });
  };
  const others = [...values.stages.map(({ id }) => id).filter((id) => id !== stage.id), ...gone];
  const error = gone.length > 0 ? intl.formatMessage({ id: 'setup.fromGone' }) : problems.ofStage(stage.id, 'from');
  return (
    <>
      <MultiSelect
        label={intl.formatMessage({ id: 'setup.from' })}
        description={intl.formatMessage({ id: 'setup.fromWhy' })}
        placeholder={stage.from.length === 0 ? intl.formatMessage({ id: 'setup.fromAnywhere' }) : ''}
        data={others.map((id) => ({ value: id, label: name(id) }))}
        value={[...stage.from]}
        onChange={onChoose}
        error={error}
      />
      <Theirs {...props} of="from" show={(value) => intl.formatList((value as string[]).map(name))} />
    </>
  );
}
