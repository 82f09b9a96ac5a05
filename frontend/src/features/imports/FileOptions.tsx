import { NativeSelect } from '@mantine/core';
import { FormattedMessage, useIntl } from 'react-intl';
import classes from './imports.module.css';
import { PreviewRows } from './PreviewRows.tsx';
import type { SettingsProps } from './settings.ts';

const delimiters = [',', ';', '|', '\t'];

/** How the file is read, and below it what that makes of its first rows. */
export function FileOptions({ settings, analysis, onChange, busy }: SettingsProps & { busy: boolean }) {
  const intl = useIntl();
  const words = (id: string) => intl.formatMessage({ id: `imports.${id}` });
  return (
    <section className={classes['sheet']}>
      <h2>
        <FormattedMessage id="imports.file" />
      </h2>
      <div className={classes['options']}>
        <NativeSelect
          label={words('encoding')}
          value={settings.encoding}
          data={analysis.encodings}
          description={analysis.sure ? undefined : words('encodingUnsure')}
          // With other characters the columns may be others too.
          onChange={(event) => onChange({ ...settings, encoding: event.currentTarget.value }, 'layout')}
        />
        <NativeSelect
          label={words('delimiter')}
          value={settings.delimiter}
          data={delimiters.map((value) => ({ value, label: value === '\t' ? words('tab') : value }))}
          onChange={(event) => onChange({ ...settings, delimiter: event.currentTarget.value }, 'layout')}
        />
        <HeaderRow settings={settings} analysis={analysis} onChange={onChange} />
      </div>
      <PreviewRows analysis={analysis} busy={busy} />
    </section>
  );
}

/** The row with the names of the columns, chosen among the first ones. */
function HeaderRow({ settings, analysis, onChange }: SettingsProps) {
  const intl = useIntl();
  const rows = analysis.top
    .map((cells, at) => ({ row: at + 1, words: cells.filter(Boolean).join(' · ') }))
    .filter(({ row, words }) => words !== '' || row === settings.headerRow);
  // One further down was found by its names.
  if (settings.headerRow > analysis.top.length)
    rows.push({ row: settings.headerRow, words: analysis.headers.slice(0, 6).filter(Boolean).join(' · ') });
  return (
    <NativeSelect
      label={intl.formatMessage({ id: 'imports.headerRow' })}
      value={settings.headerRow}
      data={[
        { value: '0', label: intl.formatMessage({ id: 'imports.noHeader' }) },
        ...rows.map(({ row, words }) => ({
          value: String(row),
          label: intl.formatMessage({ id: 'imports.headerIs' }, { row, words }),
        })),
      ]}
      onChange={(event) => onChange({ ...settings, headerRow: Number(event.currentTarget.value) }, 'columns')}
    />
  );
}
