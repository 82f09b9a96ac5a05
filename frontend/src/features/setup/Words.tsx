import { type ReactNode, useEffect, useState } from 'react';
import { IntlProvider, useIntl } from 'react-intl';
import { bestLanguage, loadSetupMessages } from '../../i18n/index.ts';
import { Skeletons } from '../../ui/index.ts';

/** The words of set-up, which few people ever see, loaded when somebody does. */
export function Words({ children }: { children: ReactNode }) {
  const intl = useIntl();
  const language = bestLanguage([intl.locale]);
  const [loaded, setLoaded] = useState<{ language: string; messages: Record<string, string> }>();
  useEffect(() => {
    let current = true;
    void loadSetupMessages(language).then((messages) => current && setLoaded({ language, messages }));
    return () => {
      current = false;
    };
  }, [language]);
  if (!loaded) return <Skeletons>{null}</Skeletons>;
  return (
    <IntlProvider
      locale={intl.locale}
      messages={{ ...(intl.messages as Record<string, string>), ...loaded.messages }}
      onError={intl.onError}
    >
      {children}
    </IntlProvider>
  );
}
