import { useEffect, useState } from 'react';
import { type Named, useFieldSources } from './sources.ts';

const typingPauseMs = 200;

/**
 * The records of a type that the words find, after a pause in typing; those of the
 * words before until then. The next letter, and the end of the field, end the search.
 */
export function useFound(type: string, words: string): readonly Named[] {
  const { search } = useFieldSources();
  const [found, setFound] = useState<readonly Named[]>([]);
  useEffect(() => {
    const asking = new AbortController();
    const timer = setTimeout(() => {
      void search(type, words, asking.signal)
        .catch(() => [])
        .then((records) => {
          if (!asking.signal.aborted) setFound(records);
        });
    }, typingPauseMs);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [search, type, words]);
  return found;
}
