import { NativeSelect } from '@mantine/core';
import { FormattedMessage, useIntl } from 'react-intl';
import type { DateOrder, ImportAnalysis, ImportColumn, ImportSettings } from '../../api/wire.ts';
import classes from './imports.module.css';
import { useTargetLabel } from './labels.ts';

export interface SettingsProps {
  readonly settings: ImportSettings;
  readonly analysis: ImportAnalysis;
  /** With `again` the columns and stages are recognised once more. */
  onChange(settings: ImportSettings, again?: boolean): void;
}

/** Each column of the file with what it becomes. */
export function Mapping({ settings, analysis, onChange }: SettingsProps) {
  const put = (at: number, next: ImportColumn) =>
    onChange({ ...settings, columns: settings.columns.map((column, i) => (i === at ? next : column)) });
  return (
    <section className={classes['sheet']}>
      <h2>
        <FormattedMessage id="imports.columns" />
      </h2>
      <ul className={classes['mapping']}>
        {settings.columns.map((column, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a column is its position
          <li key={at}>
            <Column
              column={column}
              header={analysis.headers[at] ?? ''}
              at={at}
              analysis={analysis}
              onChange={(next) => put(at, next)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface ColumnProps {
  readonly column: ImportColumn;
  readonly header: string;
  readonly at: number;
  readonly analysis: ImportAnalysis;
  onChange(column: ImportColumn): void;
}

const orders: readonly DateOrder[] = ['ymd', 'dmy', 'mdy'];

function Column({ column, header, at, analysis, onChange }: ColumnProps) {
  const intl = useIntl();
  const targetLabel = useTargetLabel();
  const name = header || intl.formatMessage({ id: 'imports.columnNumber' }, { number: at + 1 });
  const samples = (analysis.samples[at] ?? []).filter(Boolean);
  return (
    <>
      <span className={classes['name']}>
        <strong>{name}</strong>
        <small className="soft">{samples.join(' · ')}</small>
      </span>
      <NativeSelect
        aria-label={intl.formatMessage({ id: 'imports.becomes' }, { name })}
        value={column.field}
        data={['', ...analysis.fields].map((field) => ({ value: field, label: targetLabel(field) }))}
        // What was recognised of the old field's values does not hold for the new one.
        onChange={(event) => onChange({ field: event.currentTarget.value })}
      />
      {column.field && column.dateOrder ? (
        <NativeSelect
          aria-label={intl.formatMessage({ id: 'imports.dateOrderOf' }, { name })}
          value={column.dateOrder}
          error={column.dateOrder === 'ask'}
          data={[...(column.dateOrder === 'ask' ? (['ask'] as const) : []), ...orders].map((order) => ({
            value: order,
            label: intl.formatMessage({ id: `imports.order.${order}` }),
          }))}
          onChange={(event) => onChange({ ...column, dateOrder: event.currentTarget.value as DateOrder })}
        />
      ) : (
        <span />
      )}
    </>
  );
}
