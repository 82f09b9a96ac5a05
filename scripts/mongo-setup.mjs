// Makes sure there is a server for the MongoDB tests, in the order in which
// server/testkit looks for one: MONGODB_URI, a mongod, else SecantusDB (a test
// tool that speaks MongoDB's protocol) in a virtual environment of .cache.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const version = '0.7.0b3';
const root = join(import.meta.dirname, '..');
const venv = join(root, '.cache', 'mongo');
const server = join(venv, 'bin', 'secantusd-py');

function sh(command, args, options = {}) {
  return spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
}

/** What the tests find without our help, or undefined. */
function foreignServer() {
  if (process.env.MONGODB_URI) return 'the server in MONGODB_URI';
  if (process.env.RAPPORT_MONGOD) return process.env.RAPPORT_MONGOD;
  return sh('mongod', ['--version']).status === 0 ? 'mongod on the PATH' : undefined;
}

/** Reads the version from the file system: asking pip takes a second, this takes none. */
function installed() {
  if (!existsSync(server)) return false;
  const found = sh('find', [join(venv, 'lib'), '-maxdepth', '3', '-iname', `secantusdb-${version}.dist-info`]);
  return found.stdout.trim() !== '';
}

function makeEnvironment() {
  rmSync(venv, { recursive: true, force: true }); // half of one is worse than none
  return sh('python3', ['-m', 'venv', venv]);
}

function installPythonFromDebian() {
  const debian = existsSync('/etc/os-release') && /ID(_LIKE)?=.*debian/.test(readFileSync('/etc/os-release', 'utf8'));
  if (!debian || process.getuid?.() !== 0) return false;
  console.log('Installing python3-venv from Debian …');
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  sh('apt-get', ['update', '-qq'], quiet);
  return sh('apt-get', ['install', '-y', '-qq', 'python3', 'python3-venv'], quiet).status === 0;
}

function fail(what, detail) {
  console.error(`${what}\n${detail ?? ''}`.trim());
  console.error('The MongoDB tests need a server. Any of these will do:');
  console.error('  · Python 3.10 or later with its venv module (Debian, Ubuntu: apt-get install python3 python3-venv)');
  console.error('  · mongod on the PATH, or named in RAPPORT_MONGOD');
  console.error('  · a replica set named in MONGODB_URI');
  process.exit(1);
}

function installSecantus() {
  console.log(`Installing SecantusDB ${version} for the MongoDB tests …`);
  let made = makeEnvironment();
  if (made.status !== 0 && installPythonFromDebian()) made = makeEnvironment();
  if (made.status !== 0) fail('No virtual environment could be made with python3.', made.stderr ?? made.error?.message);
  const pip = sh(join(venv, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', `SecantusDB==${version}`]);
  if (pip.status !== 0) fail(`pip could not install SecantusDB ${version}.`, pip.stderr);
}

const foreign = foreignServer();
if (!foreign && !installed()) installSecantus();
console.log(`MongoDB for the tests: ${foreign ?? `SecantusDB ${version}`}`);
