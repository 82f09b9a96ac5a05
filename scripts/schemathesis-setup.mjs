// Makes sure there is a Schemathesis for the test of the HTTP API.
import { pythonTool } from './python.mjs';

export const schemathesis = pythonTool({
  folder: 'python',
  // What makes up the requests is pinned too: a seed means the same everywhere.
  packages: ['schemathesis==4.32.5', 'hypothesis==6.170.17'],
  program: 'schemathesis',
});

/** How the test ends where it cannot be installed: it was not run, and nothing is known. */
export const notInstalled = 77;

/** Installs it where it is missing. Returns false, and says why, where it cannot be: on CI that is a failure. */
export function ensureSchemathesis() {
  const problem = schemathesis.installed() ? undefined : schemathesis.install();
  if (!problem) return true;
  console.error(problem);
  console.error('The test of the HTTP API needs Python 3.10 or later with its venv module');
  console.error('(Debian, Ubuntu: apt-get install python3 python3-venv). Without it that test is left out; on CI it fails.');
  return false;
}

if (import.meta.url === `file://${process.argv[1]}`) process.exit(ensureSchemathesis() || !process.env.CI ? 0 : 1);
