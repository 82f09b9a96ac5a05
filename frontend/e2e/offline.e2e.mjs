// A network that goes away and comes back: nothing typed is lost, nothing is sent twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cardIn, company, deal, stages } from './company.mjs';
import { until } from './harness.mjs';

/** The commands that wait in this browser. */
const outbox = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const open = indexedDB.open('rapport');
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
          const all = open.result.transaction('commands').objectStore('commands').getAll();
          all.onsuccess = () => {
            open.result.close();
            resolve(all.result.map(({ name }) => name));
          };
        };
      }),
  );

test('without a network', { timeout: 60_000 }, async (t) => {
  const { url, ana, api, office } = await company(t);
  const { page, context, errors } = ana;
  const refit = await deal(api, { title: 'Refit of the ferry line', nextStep: 'Call' });
  const [first, second] = stages(office.pipeline);
  const address = `${url}/boards/${office.board.id}?deal=${refit}`;
  const drawer = page.getByTestId('deal-drawer');
  const badge = page.getByTestId('live');
  const nextStep = drawer.locator('[data-field="nextStep"]');
  const comment = page.getByLabel('Comment', { exact: true });
  await page.goto(address);
  await nextStep.getByText('Call').waitFor();
  await page.locator('[data-testid="live"][data-state="live"]').waitFor();

  await t.test('the badge says so, and work goes on', async () => {
    await context.setOffline(true);
    await page.locator('[data-testid="live"][data-state="offline"]').waitFor();
    await nextStep.getByRole('button').first().click();
    await nextStep.getByRole('textbox').fill('Visit the yard');
    await page.keyboard.press('Enter');
    await nextStep.getByText('Visit the yard').waitFor();
    await comment.fill('They want it in spring.');
    await page.keyboard.press('Control+Enter');
    await drawer.getByText('They want it in spring.').waitFor();
    await drawer.getByText('not sent yet').waitFor();
    await page.getByRole('status').getByText('Kept here; it is sent as soon as there is a connection.').waitFor();
    await cardIn(page, first, refit).press('Alt+ArrowRight');
    await cardIn(page, second, refit).waitFor();
    await badge.getByText('3 not sent yet').waitFor();
    await comment.fill('And the second ferry');
  });

  await t.test('[M2] a reload loses neither what waits nor what is half written', async () => {
    assert.deepEqual(await outbox(page), ['record.edit', 'comment.add', 'deal.move']);
    await page.reload().catch(() => undefined); // nothing answers: the browser shows a page of its own
    await context.setOffline(false);
    await page.goto(address);
    await cardIn(page, second, refit).waitFor();
    await until('all of it is sent', async () => (await outbox(page)).length === 0);
    assert.equal(await comment.inputValue(), 'And the second ferry');
  });

  await t.test('each thing was sent once', async () => {
    const { record, related } = await api.get(`/api/v1/records/${refit}`);
    assert.equal(record.f.nextStep, 'Visit the yard');
    assert.equal(record.f.stageId, second);
    assert.deepEqual(
      related.map(({ f }) => f.text),
      ['They want it in spring.'],
    );
    const { entries } = await api.get(`/api/v1/records/${refit}/history`);
    assert.deepEqual(
      entries.map(({ command }) => command),
      ['deal.move', 'record.edit', 'record.create'],
    );
    assert.equal(await badge.getByText('not sent yet').count(), 0);
  });

  await t.test('what was taken back before it was sent looks so at once, and is', async () => {
    await context.setOffline(true);
    await cardIn(page, second, refit).press('Alt+ArrowLeft');
    await cardIn(page, first, refit).waitFor();
    await page.keyboard.press('Control+z');
    await cardIn(page, second, refit).waitFor();
    await context.setOffline(false);
    await until('all of it is sent', async () => (await outbox(page)).length === 0);
    assert.equal((await api.get(`/api/v1/records/${refit}`)).record.f.stageId, second);
    await cardIn(page, second, refit).waitFor();
  });
  assert.deepEqual(errors, []);
});

test('a screen whose code did not come is said to be missing, and comes with the network', { timeout: 60_000 }, async (t) => {
  const { url, ana, office } = await company(t);
  const { page, errors } = ana;
  await page.route('**/assets/CustomersScreen-*.js', (route) => route.abort());
  await page.goto(`${url}/boards/${office.board.id}`);
  await page.locator('[data-testid="live"][data-state="live"]').waitFor();
  await page.evaluate(() => {
    globalThis.loadedOnce = true;
  });
  await page.getByRole('navigation').getByRole('link', { name: 'Customers' }).first().click();
  await page.getByRole('status').getByText('This part of Rapport is not loaded yet.').waitFor();
  await page.unroute('**/assets/CustomersScreen-*.js');
  await page.getByRole('heading', { name: 'Customers' }).waitFor();
  assert.ok(await page.evaluate(() => globalThis.loadedOnce), 'the page was loaded anew');
  assert.deepEqual(errors, []);
});
