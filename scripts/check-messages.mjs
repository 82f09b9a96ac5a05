// Every text of the app is in the catalogues, in every language, with the plural
// forms of that language, and is used. Fails with one line per mistake.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, TYPE } from '@formatjs/icu-messageformat-parser';

const src = fileURLToPath(new URL('../frontend/src/', import.meta.url));
const languages = ['en', 'ru', 'es', 'zh-Hant'];

/** The plural forms a language needs for whole and broken numbers. */
const forms = Object.fromEntries(
  languages.map((language) => [language, new Intl.PluralRules(language).resolvedOptions().pluralCategories]),
);

// Keys that are put together from the server's words: used even if no source names them whole.
const fromServer = /^(field|problem|why)\./;

const mistakes = [];

function files(folder, suffix) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && suffix.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function catalogue(language) {
  const messages = new Map();
  for (const file of files(join(src, 'i18n', language), /\.json$/)) {
    const feature = basename(file, '.json');
    for (const [key, message] of Object.entries(JSON.parse(readFileSync(file, 'utf8')))) {
      if (!key.startsWith(`${feature}.`)) mistakes.push(`${language}/${feature}.json: ${key} does not begin with "${feature}."`);
      messages.set(key, message);
    }
  }
  return messages;
}

/** Names of the arguments of a message; complains about plurals that lack a form. */
function check(language, key, message) {
  const names = new Set();
  const walk = (elements) => {
    for (const element of elements) {
      if (element.type !== TYPE.literal && element.type !== TYPE.pound) names.add(element.value);
      if (element.type === TYPE.plural) {
        const missing = forms[language].filter((form) => element.pluralType === 'cardinal' && !(form in element.options));
        if (missing.length > 0) mistakes.push(`${language}: ${key} has no plural form for ${missing.join(', ')}`);
      }
      for (const option of Object.values(element.options ?? {})) walk(option.value);
      if (element.children) walk(element.children);
    }
  };
  try {
    walk(parse(message));
  } catch (error) {
    mistakes.push(`${language}: ${key} cannot be read: ${error.message}`);
  }
  return [...names].sort().join();
}

const catalogues = new Map(languages.map((language) => [language, catalogue(language)]));
const all = new Set([...catalogues.values()].flatMap((messages) => [...messages.keys()]));
for (const key of all) {
  const names = new Set();
  for (const [language, messages] of catalogues) {
    const message = messages.get(key);
    if (typeof message !== 'string' || message === '') mistakes.push(`${language}: ${key} is missing`);
    else names.add(check(language, key, message));
  }
  if (names.size > 1)
    mistakes.push(`${key}: the languages do not take the same values: ${[...names].map((n) => n || 'none').join(' / ')}`);
}

/** Keys and beginnings of keys that the sources name. */
const keys = new Set();
const prefixes = new Set();
for (const file of files(src, /\.tsx?$/).filter((name) => !/\.test\.tsx?$/.test(name))) {
  const text = readFileSync(file, 'utf8');
  const name = file.slice(src.length);
  for (const [, key] of text.matchAll(/['"]([a-zA-Z]+\.[A-Za-z0-9_.-]+)['"]/g)) keys.add(key);
  for (const [, prefix] of text.matchAll(/`([a-zA-Z]+\.[A-Za-z0-9_.-]*)\$\{/g)) prefixes.add(prefix);
  for (const [, key] of text.matchAll(/\b(?:id: ?|id=)['"]([a-zA-Z]+\.[A-Za-z0-9_.-]+)['"]/g)) {
    if (!all.has(key)) mistakes.push(`${name}: there is no message ${key}`);
  }
  if (name.endsWith('.tsx')) literalText(name, text);
}
for (const key of all) {
  const used = keys.has(key) || fromServer.test(key) || [...prefixes].some((prefix) => key.startsWith(prefix));
  if (!used) mistakes.push(`${key} is used nowhere`);
}

/** Words between tags, or in attributes that people hear or read, that no translator can reach. */
function literalText(name, text) {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  for (const [, words] of code.matchAll(/<\/?[A-Za-z][^<>{}=]*>\s*([^<>{}=;()]*\p{L}{2,}[^<>{}=;()]*?)\s*<\/?[A-Za-z]/gu)) {
    mistakes.push(`${name}: text outside of the catalogues: ${words.trim()}`);
  }
  for (const [, attribute, words] of code.matchAll(
    /\s(title|label|placeholder|alt|description|aria-label)="([^"]*\p{L}[^"]*)"/gu,
  )) {
    mistakes.push(`${name}: ${attribute} outside of the catalogues: ${words}`);
  }
}

if (mistakes.length > 0) {
  console.error(mistakes.join('\n'));
  console.error(`${mistakes.length} mistakes in the messages`);
  process.exit(1);
}
console.log(`messages: ${all.size} in ${languages.length} languages`);
