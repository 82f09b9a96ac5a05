import { PasswordInput } from '@mantine/core';
import { useIntl } from 'react-intl';

/** A password that is being chosen. Pasting and password managers are welcome. */
export function NewPassword({
  value,
  onChange,
  error,
}: {
  value: string;
  onChange(value: string): void;
  error: string | undefined;
}) {
  const intl = useIntl();
  return (
    <PasswordInput
      label={intl.formatMessage({ id: 'auth.newPassword' })}
      description={intl.formatMessage({ id: 'auth.passwordRule' })}
      name="new-password"
      autoComplete="new-password"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      visibilityToggleButtonProps={{ 'aria-label': intl.formatMessage({ id: 'auth.showPassword' }) }}
    />
  );
}
