// A slow line that is torn now and then: the hands are not kept waiting, and what
// they did happens once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cardIn, company, deal, stages } from './company.mjs';
import { person, until } from './harness.mjs';
import { slowLine } from './line.mjs';

const rounds = 12;

test('[B24] a line of 200 ms that is torn at every twentieth piece', { timeout: 120_000 }, async (t) => {
  const { url, browser, ana, api, office } = await company(t);
  const line = await slowLine(t, url, { latencyMs: 200, jitterMs: 50, tearing: 0 });
  const refit = await deal(api, { title: 'Refit of the ferry line', nextStep: 'Call' });
  const [first, second] = stages(office.pipeline);
  const { context, page, errors } = await person(browser);
  await context.addCookies(await ana.context.cookies());
  await page.goto(`${line.url}/boards/${office.board.id}?deal=${refit}`);
  await page.locator('[data-testid="live"][data-state="live"]').waitFor();
  const drawer = page.getByTestId('deal-drawer');
  const comment = page.getByLabel('Comment', { exact: true });
  const badge = page.getByTestId('live');
  await comment.waitFor();
  await page.evaluate(() => {
    globalThis.slowest = { ms: 0, name: '' };
    new PerformanceObserver((list) => {
      for (const { duration, name } of list.getEntries())
        if (duration > globalThis.slowest.ms) globalThis.slowest = { ms: duration, name };
    }).observe({ type: 'event', durationThreshold: 16 });
  });
  const given = { 'deal.move': 0, 'comment.add': 0 };

  await t.test('what is done is there at once', async () => {
    line.tear(0.05);
    for (let round = 1; round <= rounds; round++) {
      const [from, to, key] = round % 2 ? [first, second, 'Alt+ArrowRight'] : [second, first, 'Alt+ArrowLeft'];
      await cardIn(page, from, refit).press(key);
      await cardIn(page, to, refit).waitFor();
      given['deal.move']++;
      await comment.fill(`Word ${round}`);
      await comment.press('Control+Enter');
      await drawer.getByText(`Word ${round}`, { exact: true }).waitFor();
      given['comment.add']++;
    }
    const { ms, name } = await page.evaluate(() => globalThis.slowest);
    t.diagnostic(`slowest answer of the screen: ${ms} ms, to ${name}`);
    assert.ok(ms <= 200, `${ms} ms until ${name} is painted`);
  });

  await t.test('all of it arrives, in its order and once', async () => {
    await until('nothing waits', async () => (await badge.getByText('not sent yet').count()) === 0, 60_000);
    t.diagnostic(`torn ${line.torn()} times`);
    assert.ok(line.torn() >= 3, 'the line was torn');
    const { record, related } = await api.get(`/api/v1/records/${refit}`);
    assert.equal(record.f.stageId, rounds % 2 ? second : first);
    assert.deepEqual(
      related.map(({ f }) => f.text),
      Array.from({ length: rounds }, (_, at) => `Word ${at + 1}`),
    );
    const { entries } = await api.get(`/api/v1/records/${refit}/history`);
    assert.equal(entries.filter(({ command }) => command === 'deal.move').length, given['deal.move']);
    assert.equal(await page.getByRole('alert').count(), 0, 'nothing was refused');
  });

  await t.test('what somebody else does comes through as well', async () => {
    await api.command('record.edit', {
      id: refit,
      basedOn: (await api.get(`/api/v1/records/${refit}`)).record.v,
      values: { nextStep: 'Visit the yard' },
    });
    await drawer.locator('[data-field="nextStep"]').getByText('Visit the yard').waitFor({ timeout: 30_000 });
    await page.locator('[data-testid="live"][data-state="live"]').waitFor({ timeout: 30_000 });
  });
  assert.deepEqual(errors, []);
});
