import { PasswordInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { DoorForm } from './DoorForm.tsx';
import { useDoor } from './useDoor.ts';

export function SignInForm() {
  const intl = useIntl();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { submit, busy, fields, sentence } = useDoor('/session', () => ({ email, password }));
  return (
    <DoorForm
      title={intl.formatMessage({ id: 'auth.signIn' })}
      verb={intl.formatMessage({ id: 'auth.signIn' })}
      busy={busy}
      sentence={sentence}
      onSubmit={submit}
    >
      <TextInput
        label={intl.formatMessage({ id: 'auth.email' })}
        type="email"
        name="email"
        autoComplete="username"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
        error={fields['email']}
      />
      <PasswordInput
        label={intl.formatMessage({ id: 'auth.password' })}
        name="password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={fields['password']}
        visibilityToggleButtonProps={{ 'aria-label': intl.formatMessage({ id: 'auth.showPassword' }) }}
      />
      <p className="soft">{intl.formatMessage({ id: 'auth.forgotten' })}</p>
    </DoorForm>
  );
}
