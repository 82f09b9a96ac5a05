/** The languages Rapport speaks, by the tag that Intl understands. */
export const languages = ['en', 'ru', 'es', 'zh-Hant'] as const;

/** The tag of a language that has a catalogue. */
export type Language = (typeof languages)[number];

/** What each language calls itself. */
export const languageNames: Record<Language, string> = {
  en: 'English',
  ru: 'Русский',
  es: 'Español',
  'zh-Hant': '繁體中文',
};

const catalogues: Record<Language, () => Promise<{ default: Record<string, string> }>> = {
  en: () => import('./en/index.ts'),
  ru: () => import('./ru/index.ts'),
  es: () => import('./es/index.ts'),
  'zh-Hant': () => import('./zh-Hant/index.ts'),
};

/** All messages of a language, by key "<feature>.<name>", in ICU syntax. */
export async function loadMessages(language: Language): Promise<Record<string, string>> {
  return (await catalogues[language]()).default;
}

const setups: Record<Language, () => Promise<{ default: Record<string, string> }>> = {
  en: () => import('./en/setup.json'),
  ru: () => import('./ru/setup.json'),
  es: () => import('./es/setup.json'),
  'zh-Hant': () => import('./zh-Hant/setup.json'),
};

/** The messages of the set-up pages, which are not among those of loadMessages: few people ever open them. */
export async function loadSetupMessages(language: Language): Promise<Record<string, string>> {
  return (await setups[language]()).default;
}

/** The language of ours that fits best; `wanted` in order of preference, as in navigator.languages. */
export function bestLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [language] = tag.toLowerCase().split('-');
    // Simplified Chinese readers read Traditional before English.
    if (language === 'zh') return 'zh-Hant';
    const found = languages.find((ours) => ours === language);
    if (found) return found;
  }
  return 'en';
}

/**
 * The locale for dates, numbers and sorting: the language as this reader's
 * region writes it (24/11/2026 or 11/24/2026), if the browser tells.
 */
export function localeFor(language: Language, wanted: readonly string[]): string {
  const sameWriting = (tag: string) => new Intl.Locale(tag).maximize().script === new Intl.Locale(language).maximize().script;
  return (
    wanted.find((tag) => bestLanguage([tag]) === language && languageCode(tag) === languageCode(language) && sameWriting(tag)) ??
    language
  );
}

function languageCode(tag: string): string {
  return new Intl.Locale(tag).language;
}

/** Whether a catalogue has exactly this tag; "en-GB" has none, see bestLanguage. */
export function isLanguage(tag: unknown): tag is Language {
  return languages.some((language) => language === tag);
}
