// Files that are still read in one go: at most 400 lines of TypeScript, 600 of
// Go. Tables, catalogues and generated files are read differently. Functions of the
// front end, too: at most 60 lines, as golangci-lint has it for Go; 90 for a component, most
// of whose lines are what it draws.
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

/** A function or class member that begins here, by its name; `export const x = (…) => {` as well. */
const begins = [
  /^(?:export )?(?:default )?(?:async )?function\*? (\w+)/,
  /^(?:export )?const (\w+) = (?:async )?(?:\(.*|\w+ )=> [{(]$/,
  /^ {2}(?:static |async )*(#?\w+)(?:<.*>)?\(.*\{$/,
  /^ {2}(#?\w+)(?:: [^=]+)? = (?:async )?\(.*=> \{$/,
];

/** The functions of a formatted file: what begins at an indent ends with a bracket at the same. */
function* functionsIn(text) {
  const lines = text.split('\n');
  for (const [at, line] of lines.entries()) {
    const name = begins.map((begin) => begin.exec(line)?.[1]).find(Boolean);
    if (!name || /^\s*(if|for|while|switch)\b/.test(line)) continue;
    const indent = line.length - line.trimStart().length;
    // A parameter list over several lines has brackets of its own at this indent: those go on with "{".
    const end = lines.findIndex(
      (each, i) => i > at && /^[}\])]/.test(each.slice(indent)) && !each.slice(0, indent).trim() && !/[{(]$/.test(each),
    );
    if (end > at) yield { name, lines: end - at + 1 };
  }
}

function measureFunctions(path, text) {
  if (!/frontend\/src\/.*\.tsx?$/.test(path) || /\.test\.tsx?$/.test(path)) return;
  for (const { name, lines } of functionsIn(text)) {
    const most = path.endsWith('.tsx') && /^[A-Z]/.test(name) ? 90 : 60;
    if (lines > most) mistakes.push(`${relative(root, path)}: ${name} has ${lines} lines, at most ${most}`);
  }
}

function measure(path) {
  const limit = limits.find(({ suffix }) => suffix.test(path));
  if (!limit || exempt.test(path)) return;
  const text = readFileSync(path, 'utf8');
  measureFunctions(path, text);
  const lines = text.split('\n').length - 1;
  if (lines > limit.lines && !text.startsWith('// Code generated'))
    mistakes.push(`${relative(root, path)}: ${lines} lines, at most ${limit.lines}`);
}

for (const folder of ['frontend', 'scripts', 'server', 'policies']) walk(join(root, folder));
if (mistakes.length > 0) {
  console.error(mistakes.join('\n'));
  process.exit(1);
}
console.log('sizes: every file and every function can be read in one go');
