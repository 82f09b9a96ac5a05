import { NativeSelect, TextInput } from '@mantine/core';
import { FormattedMessage, useIntl } from 'react-intl';
import { useRecords } from '../../api/hooks.ts';
import { nameOf } from '../../records/people.ts';
import classes from './imports.module.css';
import type { SettingsProps } from './settings.ts';

/** Where the deals go. */
export function Place({ settings, analysis, onChange }: SettingsProps) {
  const intl = useIntl();
  const pipelines = useRecords('pipeline');
  const departments = useRecords('department');
  const words = (id: string) => intl.formatMessage({ id: `imports.${id}` });
  const fresh = analysis.rights.pipelines ? [{ value: '', label: words('newPipeline') }] : [];
  return (
    <section className={classes['sheet']}>
      <h2>
        <FormattedMessage id="imports.place" />
      </h2>
      <div className={classes['options']}>
        <NativeSelect
          label={words('pipeline')}
          value={settings.pipelineId}
          data={[...fresh, ...pipelines.map((pipeline) => ({ value: pipeline.id, label: nameOf(pipeline) }))]}
          // Stages of another pipeline are matched anew.
          onChange={(event) => onChange({ ...settings, pipelineId: event.currentTarget.value, stages: [] })}
        />
        {settings.pipelineId === '' && (
          <TextInput
            label={words('pipelineName')}
            description={words('pipelineWithBoard')}
            maxLength={100}
            value={settings.pipelineName}
            onChange={(event) => onChange({ ...settings, pipelineName: event.currentTarget.value })}
          />
        )}
        <NativeSelect
          label={words('department')}
          value={settings.departmentId}
          data={departments.map((department) => ({ value: department.id, label: nameOf(department) }))}
          onChange={(event) => onChange({ ...settings, departmentId: event.currentTarget.value })}
        />
        <TextInput
          label={words('currency')}
          maxLength={3}
          value={settings.currency}
          onChange={(event) => onChange({ ...settings, currency: event.currentTarget.value.toUpperCase() })}
        />
      </div>
    </section>
  );
}
