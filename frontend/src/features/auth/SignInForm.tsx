import { PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { DoorForm } from './DoorForm.tsx';
import { DoorText } from './DoorText.tsx';
import { useDoor } from './useDoor.ts';

/** The door for who has an account. Which of address and password was wrong is not told. */
export function SignInForm() {
  const intl = useIntl();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const door = useDoor('/session', () => ({ email, password }));
  return (
    <DoorForm title={intl.formatMessage({ id: 'auth.signIn' })} verb={intl.formatMessage({ id: 'auth.signIn' })} door={door}>
      <DoorText
        label={intl.formatMessage({ id: 'auth.email' })}
        autoComplete="username"
        value={email}
        onChange={setEmail}
        error={door.fields['email']}
      />
      <PasswordInput
        label={intl.formatMessage({ id: 'auth.password' })}
        name="password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={door.fields['password']}
        visibilityToggleButtonProps={{ 'aria-label': intl.formatMessage({ id: 'auth.showPassword' }) }}
      />
      <p className="soft">{intl.formatMessage({ id: 'auth.forgotten' })}</p>
    </DoorForm>
  );
}
