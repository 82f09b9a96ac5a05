import { IconBuildingStore, IconFileImport, IconLayoutKanban, IconSearch, IconSettings, IconUsers } from '@tabler/icons-react';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useMemo, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { text, useLive, useMay, useMe, useOutbox, useRecords } from '../api/hooks.ts';
import { useSetUp } from '../records/useSetUp.ts';
import { Face } from '../ui/Face.tsx';
import { LiveBadge } from '../ui/LiveBadge.tsx';
import { Brand } from './Brand.tsx';
import { HereNow } from './HereNow.tsx';
import { Refusals } from './Refusals.tsx';
import classes from './Shell.module.css';
import { Undo } from './Undo.tsx';
import { Unkept } from './Unkept.tsx';

interface Place {
  readonly to: '/boards' | '/customers' | '/imports' | '/people';
  readonly icon: ReactNode;
  readonly name: ReactNode;
}

const icon = { size: 20, stroke: 1.6, 'aria-hidden': true } as const;

/** The frame around every page: where one can go, how true the screen is, who is here, the way back. */
export function Shell() {
  const places = usePlaces();
  // An open deal is still its board.
  const place = useLocation({ select: ({ pathname }) => pathname.split('/', 3).join('/') });
  return (
    <div className={classes['app']}>
      <a href="#page" className={classes['skip']}>
        <FormattedMessage id="app.skip" />
      </a>
      <Rail places={places} />
      <div className={classes['main']}>
        <Top />
        <Unkept />
        <Refusals place={place} />
        <main id="page" tabIndex={-1} className={classes['page']}>
          <Outlet />
        </main>
        <PhoneBar places={places} />
      </div>
      <Undo />
    </div>
  );
}

function usePlaces(): Place[] {
  const mayImport = useMay('create:import');
  return useMemo(
    () => [
      { to: '/boards', icon: <IconLayoutKanban {...icon} />, name: <FormattedMessage id="app.boards" /> },
      { to: '/customers', icon: <IconBuildingStore {...icon} />, name: <FormattedMessage id="app.customers" /> },
      { to: '/people', icon: <IconUsers {...icon} />, name: <FormattedMessage id="app.people" /> },
      ...(mayImport
        ? [{ to: '/imports', icon: <IconFileImport {...icon} />, name: <FormattedMessage id="app.import" /> } as const]
        : []),
    ],
    [mayImport],
  );
}

const current = { activeProps: { 'aria-current': 'page' as const } };

function Rail({ places }: { places: readonly Place[] }) {
  const intl = useIntl();
  const me = useMe();
  const { something } = useSetUp();
  return (
    <nav className={classes['rail']} aria-label={intl.formatMessage({ id: 'app.nav' })}>
      <Brand />
      {places.map(({ to, icon: image, name }) => (
        <Link key={to} to={to} {...current}>
          {image}
          {name}
        </Link>
      ))}
      {something && (
        <Link to="/setup" {...current}>
          <IconSettings {...icon} />
          <FormattedMessage id="app.setup" />
        </Link>
      )}
      <Link to="/me" className={classes['me']} {...current}>
        {me && <Face userId={me.id} name={text(me, 'name')} nameBeside />}
        <span>
          {text(me, 'name')}
          <MyDepartment userId={me?.id ?? ''} />
        </span>
      </Link>
    </nav>
  );
}

function MyDepartment({ userId }: { userId: string }) {
  const memberships = useRecords('membership');
  const departments = useRecords('department');
  const mine = memberships.find((membership) => text(membership, 'userId') === userId);
  const name = text(
    departments.find(({ id }) => id === text(mine, 'departmentId')),
    'name',
  );
  return <small className="soft">{name}</small>;
}

function Top() {
  const live = useLive();
  const { waiting, keeps } = useOutbox();
  return (
    <div className={classes['top']}>
      <Search />
      <LiveBadge {...live} waiting={waiting.length} keeps={keeps} />
      <HereNow />
    </div>
  );
}

/** Goes to the customers that match; it is a form, so Enter on a phone's keyboard works too. */
function Search() {
  const intl = useIntl();
  const navigate = useNavigate();
  const [words, setWords] = useState('');
  return (
    <search className={classes['search']}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void navigate({ to: '/customers', search: { q: words } });
        }}
      >
        <IconSearch size={16} stroke={1.6} aria-hidden />
        <input
          type="search"
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          placeholder={intl.formatMessage({ id: 'app.search' })}
          aria-label={intl.formatMessage({ id: 'app.search' })}
        />
      </form>
    </search>
  );
}

function PhoneBar({ places }: { places: readonly Place[] }) {
  const intl = useIntl();
  const me = useMe();
  return (
    <nav className={classes['phonebar']} aria-label={intl.formatMessage({ id: 'app.nav' })}>
      {places.map(({ to, icon: image, name }) => (
        <Link key={to} to={to} {...current}>
          {image}
          {name}
        </Link>
      ))}
      <Link to="/me" {...current}>
        {me && <Face userId={me.id} name={text(me, 'name')} size="s" nameBeside />}
        <FormattedMessage id="app.me" />
      </Link>
    </nav>
  );
}
