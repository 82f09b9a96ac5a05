// Test tools from PyPI, each in a virtual environment of .cache.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const cache = join(import.meta.dirname, '..', '.cache');

export function sh(command, args, options = {}) {
  return spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
}

/**
 * A tool that pip installs.
 * @param {{folder: string, packages: string[], program: string}} tool its folder in .cache, the packages as
 *   "name==version" with that of the tool first, and the program that it is
 */
export function pythonTool({ folder, packages, program }) {
  const venv = join(cache, folder);
  const path = join(venv, 'bin', program);
  return {
    path,
    /** Reads the versions from the file system: asking pip takes a second, this takes none. */
    installed: () =>
      existsSync(path) &&
      packages.every((name) => {
        const info = `${name.replace('==', '-')}.dist-info`;
        return sh('find', [join(venv, 'lib'), '-maxdepth', '3', '-iname', info]).stdout.trim() !== '';
      }),
    /** Installs it anew; returns what went wrong, as one or two sentences, or undefined. */
    install() {
      console.log(`Installing ${packages[0].replace('==', ' ')} …`);
      let made = makeEnvironment(venv);
      if (made.status !== 0 && installPythonFromDebian()) made = makeEnvironment(venv);
      if (made.status !== 0) {
        return `No virtual environment could be made with python3.\n${made.stderr ?? made.error?.message}`.trim();
      }
      const pip = sh(join(venv, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages]);
      return pip.status === 0 ? undefined : `pip could not install ${packages.join(' ')}.\n${pip.stderr}`.trim();
    },
  };
}

function makeEnvironment(venv) {
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
