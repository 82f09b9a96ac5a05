import { MantineProvider } from '@mantine/core';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect } from 'react';
import { SyncProvider } from '../api/hooks.ts';
import { bestLanguage, isLanguage, loadMessages, localeFor } from '../i18n/index.ts';
import { Messages } from '../i18n/Messages.tsx';
import { useMessages } from '../i18n/useMessages.ts';
import { usePreferences } from '../lib/preferences.ts';
import type { Sync } from '../sync/sync.ts';
import { theme, tokensAsVariables } from '../ui/theme.ts';
import { router } from './router.tsx';

/** Everything around the screens: language, look, data. */
export function App({ sync, nonce }: { sync: Sync; nonce: string }) {
  const { language, theme: scheme, bigType } = usePreferences();
  const catalogue = useMessages(isLanguage(language) ? language : bestLanguage(navigator.languages), loadMessages);
  const spoken = catalogue?.language;

  useEffect(() => {
    document.documentElement.toggleAttribute('data-big-type', bigType);
  }, [bigType]);
  useEffect(() => {
    if (spoken) document.documentElement.lang = spoken;
  }, [spoken]);

  if (!catalogue) return null; // a chunk of our own, on its way; until then index.html has the word
  return (
    <Messages locale={localeFor(catalogue.language, navigator.languages)} messages={catalogue.messages} onError={reportMessage}>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={tokensAsVariables}
        {...(scheme === 'auto' ? { defaultColorScheme: 'auto' as const } : { forceColorScheme: scheme })}
        getStyleNonce={() => nonce}
      >
        <SyncProvider value={sync}>
          <RouterProvider router={router} />
        </SyncProvider>
      </MantineProvider>
    </Messages>
  );
}

/** A message that is missing or broken is a fault of ours; scripts/check-messages.mjs finds it before a person does. */
function reportMessage(error: Error): void {
  console.error(error.message);
}
