// What was thrown away and comes back, and how the list follows what others do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, id, setUp } from './company.mjs';
import { folder, freePort, person, startBrowser, startRapport } from './harness.mjs';

test('the trash', { timeout: 60_000 }, async (t) => {
  const { url } = await startRapport(t, { data: folder(t), port: await freePort() });
  const browser = await startBrowser(t);
  const { page, context, errors } = await person(browser);
  const ana = api(url, context);
  await setUp(ana);
  const thrown = async (type, values) => {
    const record = id();
    await ana.command('record.create', { type, id: record, values });
    await ana.command('record.trash', { id: record });
    return record;
  };
  const refit = await thrown('deal', { title: 'Refit of the ferry line' });
  const yards = await thrown('customer', { name: 'Harbour Yards' });
  const line = (words) => page.getByRole('listitem').filter({ hasText: words });

  await t.test('is reached from the boards, and says who and when, newest first', async () => {
    await page.goto(`${url}/boards`);
    await page.getByRole('button', { name: 'More' }).press('Enter');
    await page.getByRole('menuitem', { name: 'Trash' }).and(page.locator(':focus')).press('Enter');
    await line('Harbour Yards').getByText('Ana Ferrer threw it away').waitFor();
    assert.deepEqual(await page.locator('main li strong').allTextContents(), ['Harbour Yards', 'Refit of the ferry line']);
  });

  await t.test('is searched by name', async () => {
    await page.getByLabel('Search by name').fill('ferry');
    await line('Harbour Yards').waitFor({ state: 'detached' });
    await line('Refit of the ferry line').waitFor();
    await page.getByLabel('Search by name').fill('');
    await line('Harbour Yards').waitFor();
  });

  await t.test('what somebody else restores leaves the list', async () => {
    await ana.command('record.restore', { id: refit }); // another screen of hers is as good as another person
    await line('Refit of the ferry line').waitFor({ state: 'detached' });
  });

  await t.test('restores, and undo puts back', async () => {
    await line('Harbour Yards').getByRole('button', { name: 'Restore' }).click();
    await page.getByText('holds nothing that you may restore').waitFor();
    assert.equal((await ana.get(`/api/v1/records/${yards}`)).record.f.name, 'Harbour Yards');
    await page.keyboard.press('Control+z');
    await line('Harbour Yards').waitFor();
  });
  assert.deepEqual(errors, []);
});
