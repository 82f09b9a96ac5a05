import { Button } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useIntl } from 'react-intl';
import { text, useMe, useSync } from '../../api/hooks.ts';
import { useSetUp } from '../../records/useSetUp.ts';
import { PageHead } from '../../ui/index.ts';
import { DeviceList } from './DeviceList.tsx';
import classes from './devices.module.css';
import { LookSection } from './LookSection.tsx';
import { PasswordSection } from './PasswordSection.tsx';

/** On a phone, whose bar has no place for it: the way to the set-up pages. */
function SetUpLink() {
  const intl = useIntl();
  const { something } = useSetUp();
  if (!something) return null;
  return (
    <Link to="/setup" className={classes['setUp']}>
      {intl.formatMessage({ id: 'devices.setUp' })}
    </Link>
  );
}

/** What belongs to the person: how Rapport looks here, the password, the devices. */
export function DevicesPage() {
  const intl = useIntl();
  const me = useMe();
  const sync = useSync();
  return (
    <>
      <PageHead title={text(me, 'name')} facts={text(me, 'email')}>
        <Button variant="default" component={Link} to="/trash" leftSection={<IconTrash size={16} stroke={1.6} aria-hidden />}>
          {intl.formatMessage({ id: 'devices.trash' })}
        </Button>
        <Button variant="default" onClick={() => void sync.signOut()}>
          {intl.formatMessage({ id: 'devices.signOut' })}
        </Button>
      </PageHead>
      <div className={classes['sections']}>
        <SetUpLink />
        <LookSection />
        <DeviceList />
        <PasswordSection />
      </div>
    </>
  );
}
