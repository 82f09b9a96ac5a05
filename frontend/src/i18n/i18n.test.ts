import { createIntl } from 'react-intl';
import { describe, expect, it } from 'vitest';
import { bestLanguage, type Language, loadMessages, localeFor } from './index.ts';

it.each([
  [['es-MX', 'en'], 'es'],
  [['zh-CN'], 'zh-Hant'],
  [['zh-TW'], 'zh-Hant'],
  [['de', 'ru'], 'ru'],
  [['de'], 'en'],
  [[], 'en'],
])('browsers that want %j get %s', (wanted, language) => {
  expect(bestLanguage(wanted)).toBe(language);
});

it.each<[Language, string[], string]>([
  ['en', ['en-GB'], 'en-GB'],
  ['en', ['ru-RU', 'en-US'], 'en-US'],
  ['es', ['en-GB'], 'es'],
  ['zh-Hant', ['zh-TW'], 'zh-TW'],
  ['zh-Hant', ['zh-CN'], 'zh-Hant'],
])('%s for a browser of %j counts and dates as %s', (language, wanted, locale) => {
  expect(localeFor(language, wanted)).toBe(locale);
});

describe('counts', () => {
  it.each<[Language, number, string]>([
    ['en', 1, '1 person'],
    ['en', 2, '2 people'],
    ['ru', 1, '1 человек'],
    ['ru', 3, '3 человека'],
    ['ru', 11, '11 человек'],
    ['ru', 21, '21 человек'],
    ['es', 1, '1 persona'],
    ['es', 1_000_000, '1.000.000 de personas'],
    ['zh-Hant', 5, '5 人'],
  ])('in %s of %d read "%s"', async (locale, count, want) => {
    const intl = createIntl({ locale, messages: await loadMessages(locale) });
    expect(intl.formatMessage({ id: 'members.count' }, { count })).toBe(want);
  });
});
