import { type ComponentProps, type ReactNode, useMemo } from 'react';
import { IntlProvider, RawIntlProvider, useIntl } from 'react-intl';
import { isolating } from './isolated.ts';

/** Gives what is inside its messages; names and other texts of people cannot turn the sentences they stand in. */
export function Messages({ children, ...catalogue }: ComponentProps<typeof IntlProvider>) {
  return (
    <IntlProvider {...catalogue}>
      <Isolating>{children}</Isolating>
    </IntlProvider>
  );
}

function Isolating({ children }: { children: ReactNode }) {
  const intl = useIntl();
  const safe = useMemo(() => isolating(intl), [intl]);
  return <RawIntlProvider value={safe}>{children}</RawIntlProvider>;
}
