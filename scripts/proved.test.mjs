import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proved } from './proved.mjs';

const go = (...lines) => `go test -v ./server\n${lines.join('\n')}\n`;

for (const [name, status, text, want] of [
  [
    'tests say how much they did',
    0,
    go('    held 12 kills, 40 commands', '--- PASS: TestKill (1.00s)'),
    { run: 12, ok: 12, held: true },
  ],
  [
    'rapid says it, too',
    0,
    go('[rapid] OK, passed 100 tests (1s)', '[rapid] OK, passed 50 tests (1s)'),
    { run: 150, ok: 150, held: true },
  ],
  ['of a fuzzer the last word counts', 0, 'execs: 10 (1/sec)\nexecs: 25 (1/sec)\n', { run: 25, ok: 25, held: true }],
  [
    'a fuzzer whose time ends while it tries something has failed nothing',
    1,
    'execs: 25 (1/sec)\n--- FAIL: FuzzRule (6.22s)\n    context deadline exceeded\nFAIL\nexit status 1\n',
    { run: 25, ok: 25, held: true },
  ],
  [
    'a fuzzer that found something has failed',
    1,
    'execs: 25 (1/sec)\n--- FAIL: FuzzRule (6.22s)\n    rule_test.go:5: no\n\n    Failing input written to testdata/fuzz/FuzzRule/1\nFAIL\n',
    { run: 26, ok: 25, held: false },
  ],
  [
    'others are counted',
    0,
    go('--- PASS: TestA (0s)', '    --- PASS: TestA/b (0s)', '    --- PASS: TestA/c (0s)'),
    { run: 2, ok: 2, held: true },
  ],
  ['a failure is one', 1, go('--- FAIL: TestA (0s)'), { run: 1, ok: 0, held: false }],
  ['no test of that name', 0, go('testing: warning: no tests to run', 'PASS'), { run: 0, ok: 0, held: false }],
  ['all of them skipped', 0, go('--- PASS: TestA (0s)', '    --- SKIP: TestA/b (0s)'), { run: 0, ok: 0, held: false }],
  ['a tool that could not be installed', 77, 'pip could not install it', { run: 1, ok: 0, held: false }],
  ['a tool that could not be installed, and keeps quiet about it', 0, 'pip could not install it', { run: 0, ok: 0, held: false }],
  ['a test that did nothing', 0, go('    held 0 kills', '--- PASS: TestKill (1.00s)'), { run: 0, ok: 0, held: false }],
]) {
  test(name, () => assert.deepEqual(proved(status, text), want));
}
