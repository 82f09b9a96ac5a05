// npm run audit: asks the databases of known holes about everything that Rapport
// is made of: govulncheck for the Go modules, as far as their code is reached,
// npm audit for the packages. A finding fails; a database that cannot be reached
// is said and does not, for that tells nothing about the code.
import { spawnSync } from 'node:child_process';
import { audited } from './audited.mjs';
import { root } from './build.mjs';

const govulncheck = 'golang.org/x/vuln/cmd/govulncheck@v1.9.0';

const audits = [
  { name: 'govulncheck', command: 'go', args: ['run', govulncheck, './...'] },
  { name: 'npm audit', command: 'npm', args: ['audit', '--audit-level=low'] },
];

let failed = false;
for (const { name, command, args } of audits) {
  console.log(`── ${name}`);
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  const said = `${done.stdout ?? ''}${done.stderr ?? ''}${done.error ?? ''}`.trim();
  const { verdict, line } = audited(name, done.status, said);
  if (verdict === 'clean') {
    console.log('nothing known');
  } else if (verdict === 'unreached') {
    console.log(`${name} could not be reached, or not its database: nothing was checked.\n${line}`);
  } else {
    failed = true;
    console.log(said);
  }
}
process.exit(failed ? 1 : 0);
