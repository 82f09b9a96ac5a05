import { Alert, Button, PasswordInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useIntl } from 'react-intl';
import { problemOf, text, useApi, useMe } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { useFieldProblems, useProblemText } from '../../ui/index.ts';
import classes from './devices.module.css';

/** Changes the password; all other devices are signed out with it. */
export function PasswordSection() {
  const intl = useIntl();
  const api = useApi();
  const me = useMe();
  const problemText = useProblemText();
  const fieldProblems = useFieldProblems();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [state, setState] = useState<'idle' | 'busy' | 'done'>('idle');
  const [problem, setProblem] = useState<Problem>();
  const fields = fieldProblems(problem?.fields);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setState('busy');
    setProblem(undefined);
    try {
      await api.post('/password', { current, password });
      setCurrent('');
      setPassword('');
      setState('done');
    } catch (error) {
      setProblem(problemOf(error));
      setState('idle');
    }
  };
  const eye = { 'aria-label': intl.formatMessage({ id: 'devices.showPassword' }) };
  return (
    <section className={classes['section']} aria-labelledby="password">
      <h2 id="password">{intl.formatMessage({ id: 'devices.password' })}</h2>
      <form className={classes['form']} onSubmit={submit} noValidate>
        {/* Password managers ask whose password it is. */}
        <input hidden type="email" name="email" autoComplete="username" value={text(me, 'email')} readOnly />
        <PasswordInput
          label={intl.formatMessage({ id: 'devices.currentPassword' })}
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
          error={fields['current']}
          visibilityToggleButtonProps={eye}
        />
        <PasswordInput
          label={intl.formatMessage({ id: 'devices.newPassword' })}
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={fields['password']}
          visibilityToggleButtonProps={eye}
        />
        <div role="status">
          {state === 'done' && <Alert>{intl.formatMessage({ id: 'devices.passwordChanged' })}</Alert>}
          {problem && Object.keys(fields).length === 0 && <Alert color="red">{problemText(problem)}</Alert>}
        </div>
        <Button type="submit" variant="default" loading={state === 'busy'}>
          {intl.formatMessage({ id: 'devices.changePassword' })}
        </Button>
      </form>
    </section>
  );
}
