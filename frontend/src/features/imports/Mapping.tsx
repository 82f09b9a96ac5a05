import { NativeSelect } from '@mantine/core';
import { FormattedMessage, useIntl } from 'react-intl';
import { useSchema } from '../../api/hooks.ts';
import type { DateOrder, ImportAnalysis, ImportColumn } from '../../api/wire.ts';
import classes from './imports.module.css';
import { useTargetLabel } from './labels.ts';
import type { SettingsProps } from './settings.ts';

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
              columns={settings.columns}
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
  readonly columns: readonly ImportColumn[];
  readonly header: string;
  readonly at: number;
  readonly analysis: ImportAnalysis;
  onChange(column: ImportColumn): void;
}

function Column({ column, columns, header, at, analysis, onChange }: ColumnProps) {
  const intl = useIntl();
  const targetLabel = useTargetLabel();
  const name = header || intl.formatMessage({ id: 'imports.columnNumber' }, { number: at + 1 });
  const samples = (analysis.samples[at] ?? []).filter(Boolean);
  // A field has one column: what another one becomes is not offered twice.
  const free = analysis.fields.filter((field) => field === column.field || !columns.some((other) => other.field === field));
  return (
    <>
      <span className={classes['name']}>
        <strong>{name}</strong>
        <small className="soft">{samples.join(' · ')}</small>
      </span>
      <NativeSelect
        aria-label={intl.formatMessage({ id: 'imports.becomes' }, { name })}
        value={column.field}
        data={['', ...free].map((field) => ({ value: field, label: targetLabel(field) }))}
        // What was recognised of the old field's values does not hold for the new one.
        onChange={(event) => onChange({ field: event.currentTarget.value })}
      />
      <Spelling column={column} name={name} onChange={onChange} />
    </>
  );
}

const orders: readonly DateOrder[] = ['ymd', 'dmy', 'mdy'];
const decimals = ['.', ','];

/** How a column writes its dates or numbers. */
function Spelling({ column, name, onChange }: Pick<ColumnProps, 'column' | 'onChange'> & { name: string }) {
  const intl = useIntl();
  const kind = useSchema('deal').find(({ key }) => key === column.field)?.kind;
  const words = (id: string) => intl.formatMessage({ id }, { name });
  if (column.field && column.dateOrder)
    return (
      <NativeSelect
        aria-label={words('imports.dateOrderOf')}
        value={column.dateOrder}
        error={column.dateOrder === 'ask' && words('imports.datesBothWays')}
        data={[...(column.dateOrder === 'ask' ? (['ask'] as const) : []), ...orders].map((order) => ({
          value: order,
          label: words(`imports.order.${order}`),
        }))}
        onChange={(event) => onChange({ ...column, dateOrder: event.currentTarget.value as DateOrder })}
      />
    );
  if (column.decimal && (kind === 'money' || kind === 'number'))
    return (
      <NativeSelect
        aria-label={words('imports.decimalOf')}
        value={column.unsure ? 'ask' : column.decimal}
        error={column.unsure && words('imports.numbersBothWays')}
        data={[
          ...(column.unsure ? [{ value: 'ask', label: words('imports.order.ask') }] : []),
          ...decimals.map((value) => ({ value, label: words(value === '.' ? 'imports.decimalPoint' : 'imports.decimalComma') })),
        ]}
        onChange={(event) => onChange({ field: column.field, decimal: event.currentTarget.value })}
      />
    );
  return <span />;
}
