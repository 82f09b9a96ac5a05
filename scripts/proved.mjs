// What the output of one case of `npm run prove` tells.

// The words in which tests, rapid, schemathesis and fuzzing say how much they did.
const told = [/\bheld (\d+) /g, /OK, passed (\d+) tests/g, /generated, (\d+) passed/g];

/**
 * Returns how many cases an output tells of and how many of them held. A failure counts as one that was run and did
 * not. Whatever ended well without having tried anything – the tests were renamed, or skipped – has not held.
 */
export function proved(status, text) {
  const numbers = told.flatMap((words) => [...text.matchAll(words)].map(([, n]) => Number(n)));
  const executed = [...text.matchAll(/execs: (\d+)/g)].at(-1);
  if (executed) numbers.push(Number(executed[1]));
  const ok = numbers.length > 0 ? numbers.reduce((sum, n) => sum + n, 0) : passed(text);
  const failed = status === 0 || outOfTime(text) ? 0 : Math.max(1, [...text.matchAll(/^\s*--- FAIL: \S+\/\S+/gm)].length);
  return { run: ok + failed, ok, held: failed === 0 && ok > 0 };
}

/**
 * Whether a fuzzer did no more than run into the end of its own time while a try was under way: Go calls that a failure
 * now and then. What a fuzzer finds has the input that failed beside it.
 */
function outOfTime(text) {
  return /--- FAIL: Fuzz\w+ \(\S+\)\n\s+context deadline exceeded\nFAIL\n/.test(text) && !text.includes('Failing input');
}

/** Counts Go tests that passed, but not those that only hold others: of these all may have been skipped. */
function passed(text) {
  const all = [...text.matchAll(/^\s*--- \w+: (\S+)/gm)].map(([, name]) => name);
  const passing = [...text.matchAll(/^\s*--- PASS: (\S+)/gm)].map(([, name]) => name);
  return passing.filter((name) => !all.some((other) => other.startsWith(`${name}/`))).length;
}
