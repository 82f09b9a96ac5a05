// npm run bench: measures the real server beside its yardsticks and prints a
// table. Arguments go to the bench: npm run bench -- -only board,start
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBinary, root, run } from './build.mjs';

const server = ensureBinary();
run('node', ['scripts/mongo-setup.mjs']);

const bench = join(root, '.cache', `rapport-bench${process.platform === 'win32' ? '.exe' : ''}`);
run('go', ['build', '-trimpath', '-o', bench, './scripts/bench'], { env: { ...process.env, CGO_ENABLED: '0' } });
const { status } = spawnSync(bench, ['-server', server, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
