import { TextInput } from '@mantine/core';
import { useIntl } from 'react-intl';
import { plainNumber } from '../../lib/money.ts';
import type { InputProps } from './inputProps.ts';
import { useWritten } from './useWritten.ts';

/** A number, with the separators of the reader's language. What cannot be read stays as written, says so and is not saved. */
export function NumberField({ value, onChange, ...shared }: InputProps & { value: unknown; onChange(value: unknown): void }) {
  const intl = useIntl();
  const { text, unreadable, write, rest } = useWritten({
    value,
    shown: typeof value === 'number' ? intl.formatNumber(value, { maximumFractionDigits: 20, useGrouping: false }) : '',
    read: (typed) => exactNumber(plainNumber(typed, intl.locale)),
    refuse: (typed) => ({ unreadable: typed }),
    onChange,
  });
  return (
    <TextInput
      {...shared}
      inputMode="decimal"
      value={text}
      error={unreadable ? intl.formatMessage({ id: 'ui.notANumber' }) : shared.error}
      onChange={(event) => write(event.currentTarget.value)}
      onBlur={rest}
    />
  );
}

/** The number of a text, unless some of its digits would be lost: a float holds fifteen. */
function exactNumber(plain: string | undefined): number | undefined {
  const digits = plain?.replace(/^-?[0.]*|\./gu, '') ?? '';
  return plain === undefined || digits.length > 15 ? undefined : Number(plain);
}
