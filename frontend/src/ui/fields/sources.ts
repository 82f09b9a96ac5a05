import { createContext, useContext } from 'react';

/** Something to choose: what it is called, and the id that is stored. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/** What inputs offer for choice. The app fills it, because src/ui knows no data. */
export interface RecordSources {
  /** ISO 4217, of amounts that have none yet. */
  readonly currency: string;
  readonly people: readonly (Named & { readonly gone: boolean })[];
  readonly departments: readonly Named[];
  /** The name of a loaded record; '' when it is not loaded or not visible. */
  nameOf(id: string): string;
  /** Records of a type whose text holds the words, at most ten; rejects when the signal ends it, or nobody answers. */
  search(type: string, words: string, signal: AbortSignal): Promise<readonly Named[]>;
}

/** Hands the sources to the inputs below it; without one there is nothing to choose from. */
export const FieldSources = createContext<RecordSources>({
  currency: 'EUR',
  people: [],
  departments: [],
  nameOf: () => '',
  search: async () => [],
});

/** The sources of the app around this input. */
export function useFieldSources(): RecordSources {
  return useContext(FieldSources);
}
