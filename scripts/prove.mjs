// npm run prove: the long versions of the tests that attack a guarantee by machine,
// for about an hour. Prints the seed it began with, and at the end how many cases
// were run and how many held; what a case printed is in .cache/prove.
//
//   npm run prove -- --seed 42          the same random choices again
//   npm run prove -- --only kills       cases whose name contains the word
//   npm run prove -- --share 0.05       a twentieth of everything
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBinary, ensurePackages, root, run } from './build.mjs';
import { proved } from './proved.mjs';

const { values: options } = parseArgs({
  options: { seed: { type: 'string' }, only: { type: 'string', default: '' }, share: { type: 'string', default: '1' } },
});
const seed = options.seed ?? String(Math.floor(Math.random() * 2 ** 31));
const share = Number(options.share);
/** How many of n, at the wanted share. */
const of = (n) => Math.max(1, Math.round(n * share));
const logs = join(root, '.cache', 'prove');

/** A Go test by name, with flags. Tests say how much they did in lines "held <n> <of what>"; rapid and fuzzing have their own words. */
const goTest = (name, place, test, flags, { race = true } = {}) => ({
  name,
  command: ['go', 'test', ...(race ? ['-race'] : []), '-count=1', '-v', '-timeout', '40m', `-run=${test}`, place, ...flags],
});

/** All fuzzers of the tree, which are found by their names. */
async function fuzzers(seconds) {
  const listed = await output(['go', 'test', '-list', '^Fuzz', './...']);
  const found = [];
  let names = [];
  for (const line of listed.split('\n')) {
    if (line.startsWith('Fuzz')) names.push(line.trim());
    const place = /^ok\s+(\S+)/.exec(line)?.[1];
    if (!place) continue;
    for (const name of names) {
      found.push({
        name: `fuzz ${place.split('/').at(-1)} ${name.slice(4)}`,
        command: [
          'go',
          'test',
          '-run=^$',
          `-fuzz=^${name}$`,
          `-fuzztime=${seconds}s`,
          '-fuzzminimizetime=1s',
          '-parallel=2',
          place,
        ],
      });
    }
    names = [];
  }
  return found;
}

// To shorten a script, rapid runs it once for each step that it tries to leave out: for
// one of 40 steps in the model of the server that takes three or four minutes. One of
// thousands stays as long as it is, which is why short ones have their turn first.
const rapid = (checks) => [`-rapid.seed=${seed}`, `-rapid.checks=${of(checks)}`, '-rapid.shrinktime=5m'];
const seeded = (...flags) => [`-seed=${seed}`, ...flags];

async function cases() {
  const all = [
    goTest('model of the server, short scripts', './server', 'TestScreensHoldWhatTheirPeopleMaySee', rapid(15), { race: false }),
    // Without the race detector, under which the same runs among the other tests, a step takes a tenth.
    goTest(
      'model of the server, thousands of steps',
      './server',
      'TestScreensHoldWhatTheirPeopleMaySee',
      [...rapid(3), `-model-steps=${of(2000)}`, '-rapid.steps=100'],
      { race: false },
    ),
    goTest('model of the stream', './server/stream', 'TestScreensHoldWhatTheirPeopleMaySee', rapid(400)),
    goTest('policy by the rules, and by Casbin alone', './server/access', '', rapid(2000)),
    goTest('tables and indexes of the state', './server/workspace', '', rapid(1000)),
    goTest('linearizability of moves and edits', './server', 'TestMovesAndEditsAreLinearizable', seeded(`-linear=${of(30)}`)),
    // In four parts, each in a place of its own: with the log of 200 kills the emulator of MongoDB takes most of the time.
    ...[1, 2, 3, 4].map((part) =>
      goTest(
        `kill -9 of servers and of the database, ${part} of 4`,
        './server',
        'TestWhatIsAcknowledgedSurvivesKill9',
        [`-seed=${Number(seed) + part}`, `-kills=${of(50)}`],
        { race: false },
      ),
    ),
    goTest('the database away for a minute, in each way', './server', 'TestTheDatabaseIsAway', [`-outage=${of(60)}s`]),
    goTest('a network that fails for a minute', './server/mongostore', 'TestTheNetworkFails', [`-outage=${of(60)}s`]),
    goTest(
      'power cuts while syncs fail',
      './server/sqlitestore',
      'TestNothingAcknowledgedIsLost',
      seeded(`-power-cuts=${of(300)}`),
    ),
    goTest('a million documents saved and restored', './server/backup', 'TestMemoryDoesNotGrow', [`-records=${of(1_000_000)}`], {
      race: false,
    }),
    goTest('sockets that come and go', './server/wsapi', 'TestNoFrameReachesAnotherPersonsSocket', [`-rounds=${of(1000)}`]),
    goTest('damaged backups', './server/backup', 'TestADamagedBackupIsRefused', [`-damaged=${of(300)}`], { race: false }),
    goTest(
      'two worlds that nobody can tell apart',
      './server',
      'TestNobodyCanTellTwoWorldsApart',
      [`-rapid.seed=${seed}`, `-worlds=${of(25)}`],
      { race: false },
    ),
    goTest('policy that changes under moves, on two nodes', './server', 'TestPolicyRacesMoves', [
      `-rapid.seed=${seed}`,
      `-races=${of(20)}`,
    ]),
    goTest('a node paused for a minute', './server', 'TestAPausedNode', [`-pause=${of(60)}s`]),
    goTest('a server whose processor is stolen', './server', 'TestAServerWhoseProcessorIsStolen', [`-stolen=${of(90)}s`]),
    {
      name: 'the API by its own document',
      command: ['node', 'scripts/schemathesis.mjs', '--examples', String(of(500)), '--seed', seed],
    },
    ...(await fuzzers(of(12))),
  ];
  return all.filter(({ name }) => name.includes(options.only));
}

function output(command) {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.on('close', (status) => (status === 0 ? resolve(text) : reject(new Error(`${command.join(' ')}: ${text}`))));
  });
}

/** Runs a case; what it says goes to its log, what it counts into the table. */
function prove({ name, command }) {
  const began = Date.now();
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = `${command.join(' ')}\n`;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
    child.on('error', (error) => (text += String(error)));
    child.on('close', (status) => {
      writeFileSync(join(logs, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.log`), text);
      resolve({ name, text, ...proved(status, text), seconds: (Date.now() - began) / 1000 });
    });
  });
}

ensurePackages();
ensureBinary();
run('node', ['scripts/mongo-setup.mjs']);
mkdirSync(logs, { recursive: true });
console.log(`seed ${seed}`);
const results = [];
for (const one of await cases()) {
  process.stdout.write(`${one.name} … `);
  const result = await prove(one);
  const verdict = result.held ? 'held' : result.run === 0 ? 'FAILED, for nothing was run' : 'FAILED';
  console.log(`${verdict} (${result.seconds.toFixed(0)} s)`);
  if (!result.held) console.log(result.text.split('\n').slice(-40).join('\n'));
  results.push(result);
}

if (results.length === 0) {
  console.error(`No case has ${JSON.stringify(options.only)} in its name.`);
  process.exit(1);
}
const failed = results.filter(({ held }) => !held);
console.log(`\n${'case'.padEnd(48)} ${'run'.padStart(10)} ${'held'.padStart(10)} ${'seconds'.padStart(8)}`);
for (const { name, run: made, ok, seconds } of results) {
  console.log(`${name.padEnd(48)} ${String(made).padStart(10)} ${String(ok).padStart(10)} ${seconds.toFixed(0).padStart(8)}`);
}
const minutes = results.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
console.log(`\nseed ${seed}: ${results.length - failed.length} of ${results.length} held, in ${minutes.toFixed(0)} minutes`);
if (failed.length > 0) console.log(`not: ${failed.map(({ name }) => name).join('; ')}`);
process.exit(failed.length > 0 ? 1 : 0);
