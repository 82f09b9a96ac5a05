// A screen that was away while the others went on: what it missed comes in one go,
// and the hands are free meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, cardIn, company, deal, hire, id, stages } from './company.mjs';
import { person, until } from './harness.mjs';

const missed = 4_000;
const deals = 200;
const atOnce = 24;
const longestCatchUpMs = 2_000;

/** Runs a task for each of the numbers below `count`, some at once. */
async function each(count, task) {
  let next = 0;
  const worker = async () => {
    for (let n = next++; n < count; n = next++) await task(n);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

test('[B20] a screen that missed 4,000 changes', { timeout: 120_000 }, async (t) => {
  const { url, browser, ana, api: own, office } = await company(t);
  const paul = await person(browser);
  await hire(own, api(url, paul.context), { name: 'Paul Weber', departmentId: office.company, role: 'lead' });
  const [first, second] = stages(office.pipeline);
  const made = [];
  for (let n = 0; n < deals; n++) made.push(await deal(own, { title: `Ship ${n + 1}`, nextStep: 'Call' }));
  const mine = await deal(own, { title: 'Mine', nextStep: 'Call' });
  const cookie = (await paul.context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const command = async (name, args) => {
    const answer = await fetch(`${url}/api/v1/commands/${name}`, {
      method: 'POST',
      headers: { Cookie: cookie, Origin: url, 'Content-Type': 'application/json' },
      body: JSON.stringify({ commandId: id(), ...args }),
    });
    assert.equal(answer.status, 200, await answer.text());
  };

  const { page, context, frames, errors } = ana;
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${url}/boards/${office.board.id}?deal=${mine}`);
  await page.locator('[data-testid="live"][data-state="live"]').waitFor();
  await page.getByLabel('Comment', { exact: true }).waitFor(); // what shows the deal is loaded
  await context.setOffline(true);
  await page.locator('[data-testid="live"][data-state="offline"]').waitFor();
  // Each deal is written often, and every fourth ends in the second stage.
  await each(deals, async (n) => {
    for (let version = 1; version <= missed / deals; version++) {
      const last = version === missed / deals && n % 4 === 0;
      if (last) await command('deal.move', { id: made[n], basedOn: version, stageId: second });
      else await command('record.edit', { id: made[n], basedOn: version, values: { nextStep: `Step ${version}` } });
    }
  });

  await t.test('catches up in one go while its person writes on', async () => {
    frames.length = 0;
    asked.length = 0;
    await page.evaluate(() => {
      globalThis.longestMs = 0;
      let before = performance.now();
      const look = (now) => {
        globalThis.longestMs = Math.max(globalThis.longestMs, now - before);
        before = now;
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    const comment = page.getByLabel('Comment', { exact: true });
    await comment.focus();
    const began = Date.now();
    await context.setOffline(false);
    const typing = page.keyboard.type('They want it in spring, with a new engine.', { delay: 20 });
    await page.locator('[data-testid="live"][data-state="live"]').waitFor();
    const tookMs = Date.now() - began;
    await typing;
    assert.equal(await comment.inputValue(), 'They want it in spring, with a new engine.');
    const longestMs = await page.evaluate(() => globalThis.longestMs);
    t.diagnostic(`live again after ${tookMs} ms, ${frames.length} frames, no picture for at most ${Math.round(longestMs)} ms`);
    t.diagnostic(`asked for ${asked.join(' ')}`);
    const messages = frames.map((frame) => JSON.parse(frame));
    assert.deepEqual(
      messages.filter(({ type }) => type === 'welcome').map(({ mode }) => mode),
      ['replay'],
    );
    const offsets = messages.flatMap(({ type, entries }) => (type === 'entries' ? entries.map(({ offset }) => offset) : []));
    assert.equal(offsets.length, missed);
    assert.ok(
      offsets.every((offset, at) => at === 0 || offset > offsets[at - 1]),
      'each once, in order',
    );
    assert.ok(asked.filter((path) => path.startsWith('/api/v1')).length <= 3, asked.join(' '));
    assert.ok(tookMs < longestCatchUpMs, `${tookMs} ms`);
    assert.ok(longestMs < 500, `${longestMs} ms without a picture`);
  });

  await t.test('shows what everybody else sees', async () => {
    await page.getByRole('textbox', { name: 'Filter' }).fill('Ship 1');
    await cardIn(page, second, made[0]).waitFor();
    const records = await own.get('/api/v1/records?type=deal');
    assert.equal(records.total, deals + 1);
    for (const n of [0, 9, 10, 11, 12]) {
      const { record } = await own.get(`/api/v1/records/${made[n]}`);
      const card = cardIn(page, record.f.stageId === second ? second : first, made[n]);
      await card.getByText(record.f.nextStep).waitFor();
    }
  });
  await until('nothing waits', async () => (await page.getByText('not sent yet').count()) === 0);
  assert.deepEqual(errors, []);
});
