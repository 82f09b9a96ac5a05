// What the output of a tool of `npm run audit` tells.

/** A word of Go's when the module proxy, or the database, gives no answer or forbids it. */
const noAnswer =
  /no such host|dial tcp|i\/o timeout|connection (refused|reset)|TLS handshake|certificate|(: |status:? )(403|407|429|5\d\d)\b|proxyconnect/i;

/**
 * How each tool says, in lines of its own, that it got no answer. What it found may
 * speak of handshakes and timeouts, too, and is no line like that.
 */
const unreached = {
  govulncheck: (line) =>
    (/^go: /.test(line) && noAnswer.test(line)) ||
    /^govulncheck: (fetching vulnerabilities|loading modules index)/i.test(line) ||
    // A proxy that forbids the database answers with a page of its own.
    /^creating client: /.test(line),
  'npm audit': (line) =>
    /^npm (error|ERR!) (audit endpoint returned an error|code (ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|E403|E5\d\d)\b)/.test(
      line,
    ),
};

/** With which status govulncheck, run by go, tells that it has found something. */
const found = /^exit status 3$/m;

/**
 * Returns 'clean', 'unreached', with the line that says so, or 'failed': there are
 * findings, or the tool itself did not work.
 */
export function audited(name, status, text) {
  if (status === 0) return { verdict: 'clean' };
  const line = found.test(text) ? undefined : text.split('\n').find((one) => unreached[name](one.trim()));
  return line === undefined ? { verdict: 'failed' } : { verdict: 'unreached', line: line.trim() };
}
