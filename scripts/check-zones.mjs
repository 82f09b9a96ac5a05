// Who may import whom in the front end. A new feature is guarded on the day its
// folder is made. Fails with one line per arrow that points the wrong way.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../frontend/src', import.meta.url));

/** zone -> zones it may import from, itself aside. */
const allowed = {
  main: ['app', 'sync', 'ui'],
  app: ['features', 'records', 'api', 'sync', 'ui', 'lib', 'i18n'],
  features: ['records', 'api', 'sync', 'ui', 'lib', 'i18n'],
  records: ['api', 'sync', 'ui', 'lib'], // what several features show of records
  api: ['sync', 'lib'],
  sync: ['api', 'lib'], // api/wire.ts and api/client.ts; never a hook
  ui: ['lib'],
  lib: [],
  i18n: [],
};
/** Packages that a zone must do without. */
const forbidden = { sync: /^(react|react-dom|react-intl|@mantine|@tanstack)/, lib: /^(@mantine|@tanstack|react-intl)/ };

const mistakes = [];

function zoneOf(path) {
  const [first = ''] = relative(src, path).split(sep);
  return first.startsWith('main.') ? 'main' : first;
}

function featureOf(path) {
  return relative(join(src, 'features'), path).split(sep)[0];
}

for (const entry of readdirSync(src, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
  const file = join(entry.parentPath, entry.name);
  const from = zoneOf(file);
  const name = relative(src, file);
  if (!(from in allowed)) mistakes.push(`${name}: the zone ${from} has no row in scripts/check-zones.mjs`);
  // Tests of what is shown need the words.
  const zones = [...(allowed[from] ?? []), ...(entry.name.includes('.test.') ? ['i18n'] : [])];
  for (const [, target] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
    if (!target.startsWith('.')) {
      if (forbidden[from]?.test(target)) mistakes.push(`${name}: ${from} does without ${target}`);
      continue;
    }
    const path = resolve(dirname(file), target);
    const to = zoneOf(path);
    if (to === from ? from === 'features' && featureOf(path) !== featureOf(file) : !zones.includes(to)) {
      mistakes.push(`${name}: ${from} must not import ${relative(src, path)}`);
    }
    if (from === 'sync' && /api\/hooks/.test(target)) mistakes.push(`${name}: sync knows no React`);
  }
}

if (mistakes.length > 0) {
  console.error(mistakes.join('\n'));
  process.exit(1);
}
console.log('zones: every import points inwards');
