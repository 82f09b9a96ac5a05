import { Fieldset, TextInput } from '@mantine/core';
import { useIntl } from 'react-intl';
import type { InputProps } from './inputProps.ts';
import { addressParts, asAddress } from './shape.ts';

const autoComplete = { street: 'off', city: 'off', region: 'off', postcode: 'off', country: 'off' } as const;

/** A postal address in its five parts. */
export function AddressInput({
  value,
  onChange,
  label,
  description,
  error,
  disabled,
}: InputProps & { value: unknown; onChange(value: unknown): void }) {
  const intl = useIntl();
  const address = asAddress(value);
  const change = (part: (typeof addressParts)[number], text: string) => {
    const next = Object.fromEntries(Object.entries({ ...address, [part]: text }).filter(([, written]) => written !== ''));
    onChange(Object.keys(next).length > 0 ? next : null);
  };
  return (
    <Fieldset legend={label} disabled={disabled}>
      {description}
      {addressParts.map((part) => (
        <TextInput
          key={part}
          label={intl.formatMessage({ id: `ui.address_${part}` })}
          value={address[part] ?? ''}
          onChange={(event) => change(part, event.currentTarget.value)}
          autoComplete={autoComplete[part]}
          maxLength={300}
        />
      ))}
      {error !== undefined && <p role="alert">{error}</p>}
    </Fieldset>
  );
}
