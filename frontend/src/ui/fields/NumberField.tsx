import { NumberInput } from '@mantine/core';
import { useIntl } from 'react-intl';
import type { InputProps } from './inputProps.ts';

/** A number, with the separators of the reader's language. */
export function NumberField({ value, onChange, ...shared }: InputProps & { value: unknown; onChange(value: unknown): void }) {
  const intl = useIntl();
  const decimal = intl.formatNumberToParts(1.5).find(({ type }) => type === 'decimal')?.value ?? '.';
  return (
    <NumberInput
      {...shared}
      hideControls
      decimalSeparator={decimal}
      allowedDecimalSeparators={['.', ',']}
      value={typeof value === 'number' ? value : ''}
      onChange={(number) => onChange(typeof number === 'number' ? number : null)}
    />
  );
}
