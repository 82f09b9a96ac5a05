import { Button } from '@mantine/core';
import { FormattedMessage } from 'react-intl';
import classes from './setup.module.css';

/** What is not saved yet, and the two things one can do about it. It is there only when there is something. */
export function SaveBar({
  dirty,
  undecided,
  sending,
  onDiscard,
}: {
  dirty: boolean;
  /** Something must be decided first. */
  undecided: boolean;
  sending: boolean;
  onDiscard(): void;
}) {
  return (
    <div className={classes['saveBar']} data-shown={dirty || undefined}>
      <p role="status">
        {dirty && <FormattedMessage id={sending ? 'setup.sending' : undecided ? 'setup.undecided' : 'setup.keptHere'} />}
      </p>
      {dirty && (
        <div className={classes['verbs']}>
          <Button variant="default" onClick={onDiscard} disabled={sending}>
            <FormattedMessage id="setup.discard" />
          </Button>
          <Button type="submit" disabled={undecided || sending}>
            <FormattedMessage id="setup.save" />
          </Button>
        </div>
      )}
    </div>
  );
}
