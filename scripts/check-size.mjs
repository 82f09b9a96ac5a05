// Files that are still read in one go: at most 400 lines of TypeScript, 600 of
// Go. Tables, catalogues and generated files are read differently.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const limits = [
  { suffix: /\.(tsx?|mjs)$/, lines: 400 },
  { suffix: /\.go$/, lines: 600 },
];
const exempt = /(^|\/)(wire\.ts|[a-z_]*table[a-z_]*\.go|.*_gen\.go)$/i;
const skipped = new Set(['node_modules', 'dist', '.git', '.cache', 'data']);

const mistakes = [];

function walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (skipped.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path);
    else measure(path);
  }
}

function measure(path) {
  const limit = limits.find(({ suffix }) => suffix.test(path));
  if (!limit || exempt.test(path)) return;
  const text = readFileSync(path, 'utf8');
  const lines = text.split('\n').length - 1;
  if (lines > limit.lines && !text.startsWith('// Code generated'))
    mistakes.push(`${relative(root, path)}: ${lines} lines, at most ${limit.lines}`);
}

for (const folder of ['frontend', 'scripts', 'server', 'policies']) walk(join(root, folder));
if (mistakes.length > 0) {
  console.error(mistakes.join('\n'));
  process.exit(1);
}
console.log('sizes: every file can be read in one go');
