import { Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { useIntl } from 'react-intl';
import { text, useMe, useSync, useSyncState } from '../api/hooks.ts';
import { isLanguage } from '../i18n/index.ts';
import { preferences, setPreferences } from '../lib/preferences.ts';
import { forgetStoredDrafts } from '../records/drafts.ts';
import { FieldSources } from '../ui/fields/sources.ts';
import { ErrorState, OfflineState, Skeletons } from '../ui/States.tsx';
import { lazyScreen } from './lazyScreen.tsx';
import { useRecordSources } from './recordSources.ts';
import { loadAhead, screens } from './screens.ts';

/** Signing in, joining and setting a password: most people see it once a month. */
export const AuthPage = lazyScreen(screens.door, 'AuthPage');

/** Lets people in, and tells those outside why and what to do. */
export function Gate() {
  const intl = useIntl();
  const sync = useSync();
  const session = useSyncState((state) => state.session);
  const { pathname } = useLocation();
  const again = useMemo(
    () => ({ label: intl.formatMessage({ id: 'app.tryAgain' }), onPress: () => void sync.start() }),
    [intl, sync],
  );
  useEffect(() => {
    if (session === 'signedOut') forgetStoredDrafts();
  }, [session]);
  const load = useMemo(() => ({ label: intl.formatMessage({ id: 'app.loadAgain' }), onPress: () => location.reload() }), [intl]);

  // A link to join or to set a password is for whoever holds it, signed in or not.
  if (pathname === '/invite' || pathname === '/reset' || session === 'signedOut') {
    return <AuthPage />;
  }
  switch (session) {
    case 'starting':
      return (
        <Skeletons>
          <p />
        </Skeletons>
      );
    case 'unreachable':
      return <OfflineState sentence={intl.formatMessage({ id: 'app.unreachable' })} verb={again} />;
    case 'outdated':
      return <ErrorState sentence={intl.formatMessage({ id: 'app.outdated' })} verb={load} />;
    case 'replaced':
      return <OfflineState sentence={intl.formatMessage({ id: 'app.replaced' })} verb={load} />;
    case 'signedIn':
      return <Inside />;
  }
}

function Inside() {
  const me = useMe();
  const sources = useRecordSources();
  const language = text(me, 'language');
  const settled = useSyncState(
    ({ live, views }) => live === 'live' && Object.values(views).every(({ status }) => status !== 'loading'),
  );
  useEffect(() => (settled ? loadAhead() : undefined), [settled]);
  // On a browser that has no wish of its own, the person's language counts.
  useEffect(() => {
    if (isLanguage(language) && preferences.getState().language === '') setPreferences({ language });
  }, [language]);
  return (
    <FieldSources.Provider value={sources}>
      <Outlet />
    </FieldSources.Provider>
  );
}
