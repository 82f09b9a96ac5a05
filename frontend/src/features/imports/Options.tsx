import { NativeSelect, TextInput } from '@mantine/core';
import { FormattedMessage, useIntl } from 'react-intl';
import { text, useRecords } from '../../api/hooks.ts';
import type { ImportOwners } from '../../api/wire.ts';
import { nameOf } from '../../records/people.ts';
import classes from './imports.module.css';
import type { SettingsProps } from './Mapping.tsx';

const delimiters = [',', ';', '|', '\t'];

/** Where the deals go and how the file is read. */
export function Options({ settings, analysis, onChange }: SettingsProps) {
  const intl = useIntl();
  const pipelines = useRecords('pipeline');
  const departments = useRecords('department');
  const words = (id: string) => intl.formatMessage({ id: `imports.${id}` });
  const fresh = analysis.rights.pipelines ? [{ value: '', label: words('newPipeline') }] : [];
  return (
    <section className={classes['sheet']}>
      <h2>
        <FormattedMessage id="imports.options" />
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
            maxLength={200}
            value={settings.pipelineName}
            onChange={(event) => onChange({ ...settings, pipelineName: event.currentTarget.value })}
          />
        )}
        <NativeSelect
          label={words('department')}
          value={settings.departmentId}
          data={departments.map((department) => ({ value: department.id, label: text(department, 'name') }))}
          onChange={(event) => onChange({ ...settings, departmentId: event.currentTarget.value })}
        />
        <NativeSelect
          label={words('owners')}
          value={settings.owners}
          data={(analysis.rights.people ? ['create', 'me'] : ['me']).map((value) => ({ value, label: words(`owners.${value}`) }))}
          onChange={(event) => onChange({ ...settings, owners: event.currentTarget.value as ImportOwners })}
        />
        <TextInput
          label={words('currency')}
          maxLength={3}
          value={settings.currency}
          onChange={(event) => onChange({ ...settings, currency: event.currentTarget.value.toUpperCase() })}
        />
        <NativeSelect
          label={words('encoding')}
          value={settings.encoding}
          data={analysis.encodings}
          description={analysis.sure ? undefined : words('encodingUnsure')}
          // With other characters the columns may be others too.
          onChange={(event) => onChange({ ...settings, encoding: event.currentTarget.value }, true)}
        />
        <NativeSelect
          label={words('delimiter')}
          value={settings.delimiter}
          data={delimiters.map((value) => ({ value, label: value === '\t' ? words('tab') : value }))}
          onChange={(event) => onChange({ ...settings, delimiter: event.currentTarget.value }, true)}
        />
      </div>
    </section>
  );
}
