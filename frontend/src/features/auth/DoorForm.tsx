import { Alert, Button } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './auth.module.css';
import type { Door } from './useDoor.ts';

interface DoorFormProps {
  readonly title: string;
  readonly intro?: ReactNode;
  readonly verb: string;
  readonly door: Door;
  readonly children: ReactNode;
}

/** What all the forms at the door share: a title, a reason when it does not open, one verb. */
export function DoorForm({ title, intro, verb, door, children }: DoorFormProps) {
  return (
    <form className={classes['form']} onSubmit={door.submit} noValidate>
      <h1>{title}</h1>
      {intro !== undefined && <p className="soft">{intro}</p>}
      <div role="alert">{door.sentence !== undefined && <Alert color="red">{door.sentence}</Alert>}</div>
      {children}
      <Button type="submit" size="md" loading={door.busy} fullWidth>
        {verb}
      </Button>
    </form>
  );
}
