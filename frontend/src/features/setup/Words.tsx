import type { ReactNode } from 'react';
import { useIntl } from 'react-intl';
import { bestLanguage, loadSetupMessages } from '../../i18n/index.ts';
import { Messages } from '../../i18n/Messages.tsx';
import { useMessages } from '../../i18n/useMessages.ts';
import { Skeletons } from '../../ui/index.ts';

/** The words of set-up, which few people ever see, loaded when somebody does. */
export function Words({ children }: { children: ReactNode }) {
  const intl = useIntl();
  const setup = useMessages(bestLanguage([intl.locale]), loadSetupMessages);
  if (!setup) return <Skeletons>{null}</Skeletons>;
  return (
    <Messages
      locale={intl.locale}
      messages={{ ...(intl.messages as Record<string, string>), ...setup.messages }}
      onError={intl.onError}
    >
      {children}
    </Messages>
  );
}
