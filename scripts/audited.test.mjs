import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audited } from './audited.mjs';

const module = 'go: golang.org/x/vuln/cmd/govulncheck@v1.9.0: golang.org/x/vuln/cmd/govulncheck@v1.9.0:';
const proxy = `${module} reading https://proxy.golang.org/golang.org/x/vuln/cmd/govulncheck/@v/v1.9.0.info:`;

for (const [name, tool, status, text, verdict] of [
  ['nothing is known', 'govulncheck', 0, 'No vulnerabilities found.', 'clean'],
  ['the module proxy forbids it', 'govulncheck', 1, `${proxy} 403 Forbidden`, 'unreached'],
  ['the module proxy is down', 'govulncheck', 1, `${proxy} 503 Service Unavailable`, 'unreached'],
  [
    'the module proxy has no address',
    'govulncheck',
    1,
    `${module} Get "https://proxy.golang.org/": dial tcp: lookup proxy.golang.org: no such host`,
    'unreached',
  ],
  ['the version of the tool does not exist', 'govulncheck', 1, `${proxy} 404 Not Found`, 'failed'],
  ['the tool is not what the checksums say', 'govulncheck', 1, `${module} verifying module: checksum mismatch`, 'failed'],
  [
    'the database forbids it',
    'govulncheck',
    1,
    'creating client: unrecognized vulndb format; see https://go.dev/security/vuln/database#api for accepted schema\nexit status 1',
    'unreached',
  ],
  [
    'the database has no address',
    'govulncheck',
    1,
    'govulncheck: fetching vulnerabilities: Get "https://vuln.go.dev/index/modules.json.gz": dial tcp: lookup vuln.go.dev: no such host\nexit status 1',
    'unreached',
  ],
  [
    'a hole is found that has to do with the network',
    'govulncheck',
    1,
    'Vulnerability #1: GO-2025-0001\n    Panic in a TLS handshake after dial tcp: i/o timeout, 503 in crypto/tls\nexit status 3',
    'failed',
  ],
  [
    'the code does not compile',
    'govulncheck',
    1,
    'govulncheck: loading packages:\nThere are errors with the provided package patterns',
    'failed',
  ],
  ['there is no go', 'govulncheck', null, 'Error: spawnSync go ENOENT', 'failed'],
  [
    'the registry forbids it',
    'npm audit',
    1,
    'npm warn audit 403 Forbidden - POST https://registry.npmjs.org/-/npm/v1/security/advisories/bulk\nno\nnpm error audit endpoint returned an error',
    'unreached',
  ],
  ['the registry has no address', 'npm audit', 1, 'npm error code ENOTFOUND\nnpm error network request failed', 'unreached'],
  [
    'a package has a hole',
    'npm audit',
    1,
    'ws  8.0.0 - 8.17.0\nSeverity: high\nws: denial of service by many headers, ECONNREFUSED afterwards, audit endpoint returned an error\n1 high severity vulnerability',
    'failed',
  ],
  ['the lock file is broken', 'npm audit', 1, 'npm error code EJSONPARSE', 'failed'],
]) {
  test(`${tool}: ${name}`, () => assert.equal(audited(tool, status, text).verdict, verdict));
}
