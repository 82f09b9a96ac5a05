// What a first visit to a board loads, as it is sent to browsers that take brotli. Fails over the
// budget and names the largest files.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../frontend/dist', import.meta.url));
const manifestPath = join(dist, '.manifest.json');
const budgets = { js: 250_000, css: 50_000 };
/** The entry, and the chunks that a signed-in English reader's board asks for. */
const route = ['index.html', 'src/app/screens/BoardScreen.tsx', 'src/i18n/en/index.ts'];

if (!existsSync(manifestPath)) {
  console.error('There is no frontend/dist/.manifest.json; run npm run build:web first.');
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));

const files = new Set();
const seen = new Set();
function collect(key) {
  const chunk = manifest[key];
  if (!chunk) throw new Error(`${key} is not in the manifest`);
  if (seen.has(key)) return;
  seen.add(key);
  files.add(chunk.file);
  for (const css of chunk.css ?? []) files.add(css);
  for (const imported of chunk.imports ?? []) collect(imported);
}
for (const key of route) collect(key);

const brotli = (file) => {
  const packed = join(dist, `${file}.br`); // see compress.mjs
  return statSync(existsSync(packed) ? packed : join(dist, file)).size;
};

let failed = false;
for (const [suffix, budget] of Object.entries(budgets)) {
  const sizes = [...files].filter((file) => file.endsWith(`.${suffix}`)).map((file) => [file, brotli(file)]);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  const largest = sizes.sort((a, b) => b[1] - a[1]).slice(0, 5);
  console.log(`${suffix}: ${(total / 1000).toFixed(1)} kB of ${budget / 1000} kB brotli`);
  for (const [file, size] of largest) console.log(`  ${(size / 1000).toFixed(1).padStart(6)} kB  ${file}`);
  if (total > budget) failed = true;
}
if (failed) {
  console.error('The first load of a board is over its budget.');
  process.exit(1);
}
