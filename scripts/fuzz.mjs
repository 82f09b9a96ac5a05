// npm run fuzz: makes up input for every Fuzz function of the server, one after
// another. What one finds is kept in testdata/fuzz beside it, and is a case of
// go test from then on.
//
//   npm run fuzz                               30 s each
//   npm run fuzz -- --seconds 600 importer     longer, those of one package or name
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './build.mjs';

const { values: options, positionals: only } = parseArgs({
  options: { seconds: { type: 'string', default: '30' } },
  allowPositionals: true,
});

/** Every Fuzz function, as {folder, name}. */
function fuzzers() {
  const files = readdirSync(join(root, 'server'), { recursive: true }).filter((path) => path.endsWith('_test.go'));
  return files.sort().flatMap((path) => {
    const text = readFileSync(join(root, 'server', path), 'utf8');
    return Array.from(text.matchAll(/^func (Fuzz\w+)\(/gm), ([, name]) => ({ folder: `./server/${dirname(path)}`, name }));
  });
}

const chosen = fuzzers().filter(
  ({ folder, name }) => only.length === 0 || only.some((part) => `${folder} ${name}`.includes(part)),
);
const failed = [];
for (const { folder, name } of chosen) {
  console.log(`\n── ${folder} ${name}`);
  const args = [
    'test',
    folder,
    '-run',
    '^$',
    '-fuzz',
    `^${name}$`,
    '-fuzztime',
    `${options.seconds}s`,
    '-fuzzminimizetime',
    '1s',
  ];
  const done = spawnSync('go', args, { cwd: root, stdio: 'inherit' });
  if (done.status !== 0) failed.push(`${folder} ${name}`);
}
console.log(`\n${chosen.length - failed.length} found nothing, ${failed.length} found something`);
for (const name of failed) console.log(`  ${name}`);
process.exit(failed.length > 0 || chosen.length === 0 ? 1 : 0);
