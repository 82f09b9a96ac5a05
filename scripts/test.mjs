// npm test: sets up what the tests need, then runs everything CI runs. A step's
// name as argument runs that step alone: npm test -- go
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBinary, ensurePackages, ensureWeb, root } from './build.mjs';
import { notInstalled } from './schemathesis-setup.mjs';

const linter = { name: 'golangci-lint', version: 'v2.15.0' };
const bin = join(root, '.cache', 'bin');

function statusOf(command, args, env = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (done.error) console.error(String(done.error));
  return done.status;
}

const sh = (...command) => statusOf(...command) === 0;

const npm = (script) => sh('npm', ['run', '--silent', script]);

function installLinter() {
  const path = join(bin, linter.name);
  const have = existsSync(path) && spawnSync(path, ['version', '--short'], { encoding: 'utf8' }).stdout;
  if (have && `v${have.trim().replace(/^v/, '')}` === linter.version) return true;
  return sh('go', ['install', `github.com/golangci/golangci-lint/v2/cmd/golangci-lint@${linter.version}`], { GOBIN: bin });
}

// Tests that try a part of their cases under the race detector, which makes them slow: without
// it they try all. They look for their names here.
const cutShort = ['TestNobodyCanTellTwoWorldsApart', 'TestPolicyRacesMoves', 'TestALimitOfMemoryIsNoEnd'];

/** What each does, by name: it returns whether it passed, and undefined when it could not be run here. */
const steps = [
  [
    'setup',
    () => {
      ensurePackages();
      const tools = ['browser-setup', 'mongo-setup', 'schemathesis-setup'];
      return tools.every((name) => sh('node', [`scripts/${name}.mjs`])) && installLinter();
    },
  ],
  ['web-lint', () => npm('lint:web')],
  ['web-test', () => npm('test:web')],
  [
    'web-build',
    () => {
      ensureWeb();
      return sh('node', ['scripts/check-bundle.mjs']);
    },
  ],
  ['go-lint', () => sh(join(bin, linter.name), ['run', './...'])],
  [
    'go',
    () => {
      const raced = sh('go', ['test', '-race', '-p', '2', '-timeout', '20m', './...']);
      const whole = sh('go', ['test', '-timeout', '10m', '-run', `^(${cutShort.join('|')})$`, './server']);
      return raced && whole;
    },
  ],
  [
    'api',
    () => {
      const status = statusOf('node', ['scripts/schemathesis.mjs']);
      return status === notInstalled ? undefined : status === 0;
    },
  ],
  [
    'e2e',
    () => {
      ensureBinary();
      return sh('node', ['frontend/e2e/run.mjs']);
    },
  ],
];

const only = process.argv.slice(2);
const unknown = only.filter((name) => !steps.some(([step]) => step === name));
if (unknown.length > 0) {
  console.error(`There is no step ${unknown.join(', ')}; the steps are ${steps.map(([name]) => name).join(', ')}.`);
  process.exit(1);
}
const results = [];
for (const [name, step] of steps) {
  if (only.length > 0 && !only.includes(name)) continue;
  console.log(`\n── ${name}`);
  const began = Date.now();
  const passed = step();
  results.push({ name, passed, seconds: (Date.now() - began) / 1000 });
  if (passed === false && name === 'setup') break; // nothing after it could be believed
}

console.log('');
for (const { name, passed, seconds } of results) {
  const verdict = passed === undefined ? 'NOT RUN' : passed ? 'ok' : 'FAILED';
  console.log(`${verdict.padEnd(7)}  ${name.padEnd(10)} ${seconds.toFixed(1)} s`);
}
const failed = results.filter(({ passed }) => passed === false).length;
const left = results.filter(({ passed }) => passed === undefined).map(({ name }) => name);
console.log(`${results.length - failed - left.length} passed, ${failed} failed`);
if (left.length > 0) console.log(`NOT RUN, for want of what could not be installed: ${left.join(', ')}`);
process.exit(failed > 0 || left.length === results.length ? 1 : 0);
