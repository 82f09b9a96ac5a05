// npm run test:api: holds a running server to its own OpenAPI document. Schemathesis
// makes up requests from the document, good ones and bad ones, and every answer
// must be one that the document knows. On the embedded store, in a folder of its own.
//
//   npm run test:api -- --examples 500 --seed 7    more of them, and others
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { folder, freePort, startRapport } from '../frontend/e2e/harness.mjs';
import { ensureBinary, root } from './build.mjs';
import { asPerson, furnish } from './schemathesis/furnish.mjs';
import { ensureSchemathesis, notInstalled, schemathesis } from './schemathesis-setup.mjs';

const { values: options } = parseArgs({
  options: { examples: { type: 'string', default: '12' }, seed: { type: 'string', default: '1' } },
});

const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'unsupported_method',
  'allow_header_conformance',
];

const cleanUps = [];
const scope = { after: (fn) => cleanUps.push(fn) };

/** Who asks: the signed-in person, in a file rather than on the command line, which others can read. */
function configuration(url, { cookie, memberCookie }) {
  const path = join(folder(scope), 'schemathesis.toml');
  const headers = (session) => `headers = { Cookie = ${JSON.stringify(session)}, Origin = ${JSON.stringify(url)} }`;
  // Signing out ends the session that asks for it; the run goes on with its own.
  writeFileSync(path, `${headers(cookie)}\n[[operations]]\ninclude-operation-id = "session.end"\n${headers(memberCookie)}\n`);
  return path;
}

function runSchemathesis(url, known) {
  const args = ['--config-file', configuration(url, known), 'run', `${url}/api/v1/openapi.json`];
  args.push('--checks', checks.join(','), '--max-examples', options.examples, '--seed', options.seed);
  args.push('--phases', 'examples,coverage,fuzzing', '--workers', '1', '--generation-database', 'none');
  args.push('--suppress-health-check', 'all', '--continue-on-failure', '--warnings', 'off', '--no-color');
  const env = {
    ...process.env,
    SCHEMATHESIS_HOOKS: 'hooks',
    PYTHONPATH: join(root, 'scripts', 'schemathesis'),
    PYTHONDONTWRITEBYTECODE: '1',
    RAPPORT_KNOWN: JSON.stringify(known),
  };
  const child = spawn(schemathesis.path, args, { cwd: folder(scope), env, stdio: 'inherit' });
  return new Promise((resolve) => child.on('exit', (code) => resolve(code === 0)));
}

async function main() {
  ensureBinary();
  const { url } = await startRapport(scope, { data: folder(scope), port: await freePort() });
  const known = await furnish(url);
  const passed = await runSchemathesis(url, known);
  // Otherwise most of the run would have been about 401.
  await asPerson(url, known.cookie)('GET', '/api/v1/bootstrap');
  return passed;
}

if (!ensureSchemathesis()) process.exit(process.env.CI ? 1 : notInstalled);
let passed = false;
try {
  passed = await main();
} catch (error) {
  console.error(error);
}
for (const cleanUp of cleanUps.reverse()) await cleanUp();
process.exit(passed ? 0 : 1);
