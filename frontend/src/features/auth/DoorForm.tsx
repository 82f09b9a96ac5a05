import { Alert, Button } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import classes from './auth.module.css';

interface DoorFormProps {
  readonly title: string;
  readonly intro?: ReactNode;
  readonly verb: string;
  readonly busy: boolean;
  readonly sentence: string | undefined;
  onSubmit(event: FormEvent): void;
  readonly children: ReactNode;
}

/** What all the forms at the door share: a title, a reason when it does not open, one verb. */
export function DoorForm({ title, intro, verb, busy, sentence, onSubmit, children }: DoorFormProps) {
  return (
    <form className={classes['form']} onSubmit={onSubmit} noValidate>
      <h1>{title}</h1>
      {intro !== undefined && <p className="soft">{intro}</p>}
      <div role="alert">{sentence !== undefined && <Alert color="red">{sentence}</Alert>}</div>
      {children}
      <Button type="submit" size="md" loading={busy} fullWidth>
        {verb}
      </Button>
    </form>
  );
}
