import { NativeSelect, NumberInput } from '@mantine/core';
import { FormattedMessage, useIntl } from 'react-intl';
import { useRecord } from '../../api/hooks.ts';
import type { ImportStage } from '../../api/wire.ts';
import { stagesOf } from '../../records/stages.ts';
import classes from './imports.module.css';
import type { SettingsProps } from './settings.ts';

const kinds = ['open', 'won', 'lost'];

/** What each stage of the file becomes: one that is there, or a new one. */
export function Stages({ settings, analysis, onChange }: SettingsProps) {
  const put = (next: ImportStage) =>
    onChange({ ...settings, stages: settings.stages.map((stage) => (stage.name === next.name ? next : stage)) });
  return (
    <section className={classes['sheet']}>
      <h2>
        <FormattedMessage id="imports.stages" />
      </h2>
      {settings.stages.length === 0 && (
        <p className="soft">
          <FormattedMessage id="imports.noStages" />
        </p>
      )}
      <ul className={classes['mapping']}>
        {settings.stages.map((stage) => (
          <li key={stage.name}>
            <Stage stage={stage} pipelineId={settings.pipelineId} mayMake={analysis.rights.pipelines} onChange={put} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface StageProps {
  readonly stage: ImportStage;
  /** '' for a new one. */
  readonly pipelineId: string;
  readonly mayMake: boolean;
  onChange(stage: ImportStage): void;
}

function Stage({ stage, pipelineId, mayMake, onChange }: StageProps) {
  const intl = useIntl();
  const there = stagesOf(useRecord(pipelineId || undefined));
  // One of the same name is there: a second one nobody could tell apart.
  const named = there.some(({ name }) => name.toLocaleLowerCase() === stage.name.toLocaleLowerCase());
  const fresh = mayMake
    ? [{ value: '', label: intl.formatMessage({ id: 'imports.newStage' }) }]
    : [{ value: '', label: intl.formatMessage({ id: 'imports.pleaseChoose' }) }];
  const options = [...(named ? [] : fresh), ...there.map(({ id, name }) => ({ value: id, label: name }))];
  const isNew = stage.stageId === '' && mayMake;
  return (
    <>
      <span className={classes['name']}>
        <strong>{stage.name}</strong>
        <small className="soft">
          <FormattedMessage id="imports.rows" values={{ rows: stage.rows }} />
        </small>
      </span>
      {options.length > 1 ? (
        <NativeSelect
          aria-label={intl.formatMessage({ id: 'imports.becomes' }, { name: stage.name })}
          value={stage.stageId}
          data={options}
          error={stage.stageId === '' && !mayMake}
          onChange={(event) => onChange({ ...stage, stageId: event.currentTarget.value })}
        />
      ) : (
        <span>{options[0]?.label}</span>
      )}
      {isNew ? <NewStage stage={stage} onChange={onChange} /> : <span />}
    </>
  );
}

/** What a new stage means, and how likely deals in it are won. */
function NewStage({ stage, onChange }: Pick<StageProps, 'stage' | 'onChange'>) {
  const intl = useIntl();
  return (
    <span className={classes['pair']}>
      <NativeSelect
        aria-label={intl.formatMessage({ id: 'imports.kindOf' }, { name: stage.name })}
        value={stage.kind}
        data={kinds.map((value) => ({ value, label: intl.formatMessage({ id: `imports.kind.${value}` }) }))}
        // Another kind has another probability: the server proposes one.
        onChange={(event) => onChange({ ...stage, kind: event.currentTarget.value, probability: -1 })}
      />
      {stage.kind === 'open' && (
        <NumberInput
          aria-label={intl.formatMessage({ id: 'imports.probabilityOf' }, { name: stage.name })}
          value={stage.probability < 0 ? '' : stage.probability}
          min={0}
          max={100}
          allowDecimal={false}
          clampBehavior="strict"
          suffix=" %"
          hideControls
          onChange={(value) => typeof value === 'number' && onChange({ ...stage, probability: value })}
        />
      )}
    </span>
  );
}
