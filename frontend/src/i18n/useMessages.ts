import { useEffect, useState } from 'react';
import type { Language } from './index.ts';

/** A line that broke off while a catalogue was on its way is tried again after this long. */
const retryMs = 2_000;

/** The messages of a language. */
export interface Catalogue {
  readonly language: Language;
  readonly messages: Record<string, string>;
}

/** The messages of a language; those of the one before until they are loaded, and undefined until the first are. */
export function useMessages(
  language: Language,
  load: (language: Language) => Promise<Record<string, string>>,
): Catalogue | undefined {
  const [catalogue, setCatalogue] = useState<Catalogue>();
  useEffect(() => {
    let again: ReturnType<typeof setTimeout> | undefined;
    let current = true;
    const ask = () => {
      load(language).then(
        (messages) => current && setCatalogue({ language, messages }),
        () => {
          if (current) again = setTimeout(ask, retryMs);
        },
      );
    };
    ask();
    return () => {
      current = false;
      clearTimeout(again);
    };
  }, [language, load]);
  return catalogue;
}
