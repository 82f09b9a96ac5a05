// npm run bench: measures the real server beside its yardsticks and prints a
// table. Arguments go to the bench: npm run bench -- -only board,start
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBinary, root, run } from './build.mjs';

const server = ensureBinary();
run('node', ['scripts/mongo-setup.mjs']);

const bench = join(root, '.cache', `rapport-bench${process.platform === 'win32' ? '.exe' : ''}`);
run('go', ['build', '-trimpath', '-o', bench, './scripts/bench'], { env: { ...process.env, CGO_ENABLED: '0' } });
const args = process.argv.slice(2);

// What only a browser can tell is measured by a browser, and goes into the same table.
const only = args[args.indexOf('-only') + 1]?.split(',');
if (!args.includes('-only') || only.includes('browser')) {
  run('node', ['scripts/browser-setup.mjs']);
  console.error('measuring browser …');
  const figures = join(root, '.cache', 'bench-browser.json');
  run('node', ['scripts/bench/browser.mjs', figures, bench]);
  args.push('-with', figures);
}
const { status } = spawnSync(bench, ['-server', server, ...args], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
