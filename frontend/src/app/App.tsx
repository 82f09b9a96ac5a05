import { MantineProvider } from '@mantine/core';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { IntlProvider } from 'react-intl';
import { SyncProvider } from '../api/hooks.ts';
import { bestLanguage, isLanguage, type Language, loadMessages, localeFor } from '../i18n/index.ts';
import { usePreferences } from '../lib/preferences.ts';
import type { Sync } from '../sync/sync.ts';
import { theme, tokensAsVariables } from '../ui/theme.ts';
import { router } from './router.tsx';

/** A line that broke off while a catalogue was on its way is tried again after this long. */
const catalogueRetryMs = 2_000;

/** Everything around the screens: language, look, data. */
export function App({ sync, nonce }: { sync: Sync; nonce: string }) {
  const { language, theme: scheme, bigType } = usePreferences();
  const catalogue = useCatalogue(isLanguage(language) ? language : bestLanguage(navigator.languages));

  useEffect(() => {
    document.documentElement.toggleAttribute('data-big-type', bigType);
  }, [bigType]);

  if (!catalogue) return null; // a chunk of our own, on its way; until then index.html has the word
  return (
    <IntlProvider
      locale={localeFor(catalogue.language, navigator.languages)}
      messages={catalogue.messages}
      onError={reportMessage}
    >
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
    </IntlProvider>
  );
}

interface Catalogue {
  readonly language: Language;
  readonly messages: Record<string, string>;
}

/** The messages of a language; those of the one before until they are loaded. */
function useCatalogue(language: Language): Catalogue | undefined {
  const [catalogue, setCatalogue] = useState<Catalogue>();
  useEffect(() => {
    let again: ReturnType<typeof setTimeout> | undefined;
    let current = true;
    const load = () => {
      loadMessages(language).then(
        (messages) => {
          if (!current) return;
          document.documentElement.lang = language;
          setCatalogue({ language, messages });
        },
        () => {
          if (current) again = setTimeout(load, catalogueRetryMs);
        },
      );
    };
    load();
    return () => {
      current = false;
      clearTimeout(again);
    };
  }, [language]);
  return catalogue;
}

/** A message that is missing or broken is a fault of ours; scripts/check-messages.mjs finds it before a person does. */
function reportMessage(error: Error): void {
  console.error(error.message);
}
