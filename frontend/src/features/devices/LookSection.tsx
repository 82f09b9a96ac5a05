import { NativeSelect, SegmentedControl, Switch } from '@mantine/core';
import { useId } from 'react';
import { useIntl } from 'react-intl';
import { useCommand, useMe } from '../../api/hooks.ts';
import { bestLanguage, languageNames, languages } from '../../i18n/index.ts';
import { setPreferences, usePreferences } from '../../lib/preferences.ts';
import classes from './devices.module.css';

/** Language, light or dark, size of type. */
export function LookSection() {
  const intl = useIntl();
  const run = useCommand();
  const me = useMe();
  const { theme, bigType } = usePreferences();
  const themeId = useId();

  const choose = (language: string) => {
    setPreferences({ language });
    // Also for the next device, and for what the server writes to this person.
    if (me) void run({ name: 'person.edit', args: { id: me.id, basedOn: me.version, language } });
  };
  return (
    <section className={classes['section']} aria-labelledby="look">
      <h2 id="look">{intl.formatMessage({ id: 'devices.look' })}</h2>
      <NativeSelect
        label={intl.formatMessage({ id: 'devices.language' })}
        value={bestLanguage([intl.locale])}
        data={languages.map((language) => ({ value: language, label: languageNames[language] }))}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      <div>
        <div id={themeId} className={classes['label']}>
          {intl.formatMessage({ id: 'devices.theme' })}
        </div>
        <SegmentedControl
          aria-labelledby={themeId}
          fullWidth
          value={theme}
          onChange={(value) => setPreferences({ theme: value === 'light' || value === 'dark' ? value : 'auto' })}
          data={(['light', 'dark', 'auto'] as const).map((value) => ({
            value,
            label: intl.formatMessage({ id: `devices.theme_${value}` }),
          }))}
        />
      </div>
      <Switch
        label={intl.formatMessage({ id: 'devices.bigType' })}
        checked={bigType}
        onChange={(event) => setPreferences({ bigType: event.currentTarget.checked })}
      />
    </section>
  );
}
