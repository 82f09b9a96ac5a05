// Everything that has to be there before the server can run, made only when
// something it is made from is newer. Node's own modules only: this runs before
// the first npm ci.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const exe = process.platform === 'win32' ? '.exe' : '';
export const binary = join(root, '.cache', `rapport${exe}`);

/** Runs a program in the project's root; a failure ends this process with its status. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    ...options,
  });
  if (done.error) {
    const missing = done.error.code === 'ENOENT';
    console.error(missing ? `${command} is not installed. Rapport needs Go 1.26 and Node 20.` : String(done.error));
    process.exit(1);
  }
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/** The newest change, in milliseconds, of a file or of all files below a folder; 0 if absent. */
function newest(path, skip = () => false) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  let latest = 0;
  for (const name of readdirSync(path)) {
    if (!skip(name)) latest = Math.max(latest, newest(join(path, name), skip));
  }
  return latest;
}

const from = (names, skip) => Math.max(...names.map((name) => newest(join(root, name), skip)));

/** Installs the npm packages that package-lock.json names, exactly. */
export function ensurePackages() {
  // npm writes this file at the end of an installation.
  if (newest(join(root, 'node_modules/.package-lock.json')) >= newest(join(root, 'package-lock.json'))) return;
  console.log('Installing packages …');
  run('npm', ['ci', '--no-audit', '--no-fund']);
  const stamp = new Date();
  utimesSync(join(root, 'node_modules/.package-lock.json'), stamp, stamp);
}

/** Builds the front end into frontend/dist. */
export function ensureWeb() {
  ensurePackages();
  const sources = from(
    ['frontend', 'package.json', 'package-lock.json'],
    (name) => name === 'dist' || name === 'e2e' || /\.test\.tsx?$/.test(name),
  );
  if (newest(join(root, 'frontend/dist/index.html')) >= sources) return;
  console.log('Building the front end …');
  run('npm', ['run', '--silent', 'build:web']);
}

/** Builds the server, front end included, into one binary and returns its path. */
export function ensureBinary() {
  ensureWeb();
  const sources = from(
    ['server', 'policies', 'frontend/dist', 'frontend/embed.go', 'go.mod', 'go.sum'],
    (name) => name.endsWith('_test.go') || name.endsWith('.md'),
  );
  if (newest(binary) >= sources) return binary;
  console.log('Building the server …');
  mkdirSync(dirname(binary), { recursive: true });
  run('go', ['build', '-trimpath', '-o', binary, './server'], { env: { ...process.env, CGO_ENABLED: '0' } });
  const stamp = new Date();
  utimesSync(binary, stamp, stamp); // an unchanged link result keeps its old time
  return binary;
}
