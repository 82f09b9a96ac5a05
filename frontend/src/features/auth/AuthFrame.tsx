import { NativeSelect } from '@mantine/core';
import type { ReactNode } from 'react';
import { useIntl } from 'react-intl';
import { bestLanguage, languageNames, languages } from '../../i18n/index.ts';
import { setPreferences } from '../../lib/preferences.ts';
import classes from './auth.module.css';

/** A sheet on the desk, and the choice of language: nobody should have to sign in in a foreign one. */
export function AuthFrame({ children }: { children: ReactNode }) {
  const intl = useIntl();
  return (
    <div className={classes['desk']}>
      <main className={classes['sheet']}>{children}</main>
      <NativeSelect
        className={classes['language']}
        aria-label={intl.formatMessage({ id: 'auth.language' })}
        value={bestLanguage([intl.locale])}
        data={languages.map((language) => ({ value: language, label: languageNames[language] }))}
        onChange={(event) => setPreferences({ language: event.currentTarget.value })}
      />
    </div>
  );
}
