import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { useName } from '../../records/people.ts';
import classes from './setup.module.css';
import type { Clash } from './threeWay.ts';

/** Beside an input with the own value: what somebody else has saved there meanwhile, and the choice between the two. */
export function ClashNotice({
  clashes,
  path,
  by,
  decide,
  show = String,
}: {
  clashes: readonly Clash[];
  path: string;
  /** Who saved it. */
  by: string;
  decide(path: string, keep: 'mine' | 'theirs'): void;
  show?(value: unknown): ReactNode;
}) {
  const intl = useIntl();
  const who = useName(by || undefined) || intl.formatMessage({ id: 'ui.somebody' });
  const clash = clashes.find((each) => each.path === path);
  if (!clash) return null;
  return (
    <div className={classes['clash']} role="alert">
      {clash.theirs === undefined ? (
        <FormattedMessage id="setup.tookAway" values={{ who }} />
      ) : (
        <>
          <FormattedMessage id="record.conflict" values={{ who }} />{' '}
          <b>{show(clash.theirs) || <FormattedMessage id="setup.nothing" />}</b>
        </>
      )}
      <div className={classes['verbs']}>
        <Button size="xs" variant="default" onClick={() => decide(path, 'theirs')}>
          <FormattedMessage id="record.keepTheirs" />
        </Button>
        <Button size="xs" onClick={() => decide(path, 'mine')}>
          <FormattedMessage id="record.useMine" />
        </Button>
      </div>
    </div>
  );
}
