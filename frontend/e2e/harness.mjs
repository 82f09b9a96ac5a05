// What the browser tests stand on: real servers as their own processes, real
// Chromium, and no waiting by the clock.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumPath } from '../../scripts/browser-setup.mjs';
import { binary, root } from '../../scripts/build.mjs';

/** A port nobody listens on now. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A folder that is removed when the test ends. */
export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'rapport-e2e-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/**
 * Starts a Rapport server and waits until it is ready.
 * @returns {Promise<{url: string, kill: () => Promise<void>, stop: () => Promise<void>, output: () => string}>}
 */
export async function startRapport(t, { data, port, mongoUri, database, args = [], settings = {} }) {
  const env = {
    ...process.env,
    RAPPORT_LISTEN: `127.0.0.1:${port}`,
    RAPPORT_DATA: data,
    ...(mongoUri ? { MONGODB_URI: mongoUri, RAPPORT_DATABASE: database } : { MONGODB_URI: '' }),
    ...settings,
  };
  const child = spawn(binary, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const end = async (signal) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  t.after(() => end('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  await until(`the server at ${url} is ready`, async () => {
    if (child.exitCode !== null) throw new Error(`the server ended:\n${output}`);
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    return answer?.ok;
  });
  return { url, kill: () => end('SIGKILL'), stop: () => end('SIGTERM'), output: () => output };
}

/** Asks again until the answer is true; fails with the sentence after the limit. */
export async function until(sentence, ask, limitMs = 30_000) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    if (await ask()) return;
    if (Date.now() > deadline) throw new Error(`not in time: ${sentence}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A MongoDB server for the length of a test: MONGODB_URI, else SecantusDB. */
export async function startMongo(t) {
  if (process.env.MONGODB_URI) return process.env.MONGODB_URI;
  const port = await freePort();
  const storage = folder(t);
  const program = join(root, '.cache/mongo/bin/secantusd-py');
  const child = spawn(
    program,
    [
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--storage-path',
      storage,
      '--sync-on-commit',
      '--noop-heartbeat-seconds',
      '5',
    ],
    { stdio: 'ignore' },
  );
  t.after(() => child.kill('SIGKILL'));
  await until('the database server listens', async () => {
    if (child.exitCode !== null) throw new Error('the database server ended');
    const probe = spawnSync(process.execPath, [
      '-e',
      `require('net').connect(${port},'127.0.0.1').on('connect',()=>process.exit(0)).on('error',()=>process.exit(1))`,
    ]);
    return probe.status === 0;
  });
  return `mongodb://127.0.0.1:${port}/?replicaSet=secantus`;
}

/** One Chromium for a test file. */
export async function startBrowser(t) {
  const executablePath = chromiumPath();
  const browser = await chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
  t.after(() => browser.close());
  return browser;
}

/** A person's own browser profile with one page; collects frames and page errors. */
export async function person(browser, { width = 1280, height = 800, locale = 'en-GB', ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale, ...options });
  context.setDefaultTimeout(15_000); // everything here answers within a second; a miss is to be told soon
  const page = await context.newPage();
  const frames = [];
  const errors = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))));
  page.on('pageerror', (error) => errors.push(String(error)));
  return { context, page, frames, errors };
}
