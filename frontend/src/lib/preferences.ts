import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

/** How this browser shows Rapport; kept in this browser. */
export interface Preferences {
  /** Tag of a language; '' follows the browser. */
  readonly language: string;
  readonly theme: 'light' | 'dark' | 'auto';
  /** Everything a quarter larger. */
  readonly bigType: boolean;
}

const key = 'rapport-preferences';
const defaults: Preferences = { language: '', theme: 'auto', bigType: false };

/** The preferences of this browser; without storage they hold until the page is closed. */
export const preferences = createStore<Preferences>(() => ({ ...defaults, ...stored() }));

/** Changes what is given and keeps it for the next visit. */
export function setPreferences(change: Partial<Preferences>): void {
  preferences.setState(change);
  try {
    localStorage.setItem(key, JSON.stringify(preferences.getState()));
  } catch {
    // No storage in this browser: it holds until the page is closed.
  }
}

/** The preferences, live. */
export function usePreferences(): Preferences {
  return useStore(preferences);
}

function stored(): Partial<Preferences> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    if (typeof value !== 'object' || value === null) return {};
    const { language, theme, bigType } = value as Record<string, unknown>;
    return {
      ...(typeof language === 'string' && { language }),
      ...((theme === 'light' || theme === 'dark') && { theme }),
      ...(typeof bigType === 'boolean' && { bigType }),
    };
  } catch {
    return {}; // unreadable, or no storage: the defaults serve
  }
}
