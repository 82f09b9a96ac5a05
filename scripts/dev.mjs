// npm run dev: Vite with hot reload on 5173, and the server behind it, built and
// started again whenever a Go file or the policy changes.
import { spawn, spawnSync } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { ensureWeb, root } from './build.mjs';

ensureWeb(); // the server embeds a front end, though Vite's is the one shown
const vite = spawn('npm', ['run', '--silent', 'dev:web'], { cwd: root, stdio: 'inherit' });
const devBinary = join(root, '.cache', 'rapport-dev');

let server;
let timer;

function restart() {
  const built = spawnSync('go', ['build', '-o', devBinary, './server'], { cwd: root, stdio: 'inherit' });
  if (built.status !== 0) return; // the old one goes on until the mistake is mended
  const start = () => {
    server = spawn(devBinary, process.argv.slice(2), {
      cwd: root,
      stdio: 'inherit',
      env: { RAPPORT_ALLOWED_ORIGINS: 'http://localhost:5173,http://127.0.0.1:5173', ...process.env },
    });
  };
  if (!server || server.exitCode !== null || server.signalCode !== null) return start();
  server.removeAllListeners('exit'); // one that is stopping already is not followed by two
  server.once('exit', start);
  server.kill('SIGTERM');
}

for (const folder of ['server', 'policies']) {
  watch(join(root, folder), { recursive: true }, (_event, name) => {
    if (!/\.(go|csv|conf)$/.test(name ?? '')) return;
    clearTimeout(timer);
    timer = setTimeout(restart, 200); // an editor writes several files at once
  });
}
restart();

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    vite.kill(signal);
    server?.kill(signal);
    process.exit(0);
  });
}
