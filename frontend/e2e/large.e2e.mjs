// A board of 10,000 deals: only what is in sight is in the page, and every card can be reached.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { company } from './company.mjs';
import { until } from './harness.mjs';

const count = 10_000;
const perStage = count / 4;

/** A file of deals, numbered in each stage. */
function file() {
  const rows = ['opportunity_id,title,account,deal_stage,close_value'];
  for (let i = 0; i < count; i++) {
    const stage = ['Prospecting', 'Engaging', 'Won', 'Lost'][i % 4];
    rows.push(`N${i},${stage} ${Math.floor(i / 4) + 1},Account ${i % 300},${stage},${1000 + i}`);
  }
  return Buffer.from(rows.join('\n'));
}

test('a board of 10,000 deals', { timeout: 90_000 }, async (t) => {
  const { url, ana, api } = await company(t);
  const { page, context, errors } = ana;
  const upload = await context.request.fetch(`${url}/api/v1/imports`, {
    method: 'POST',
    data: file(),
    headers: { Origin: url, 'Content-Type': 'text/csv', 'X-File-Name': 'ten-thousand.csv' },
  });
  const imported = await upload.json();
  await api.command('import.start', { id: imported.id, settings: imported.settings });
  let boardId;
  await until('the deals are there', async () => {
    const now = await api.get(`/api/v1/imports/${imported.id}`);
    boardId = now.boardId;
    return now.state === 'done';
  });
  const cards = page.locator('[data-deal]');
  const column = page.getByRole('region', { name: /Prospecting/ });
  const card = (title) => column.locator('[data-deal]').filter({ hasText: new RegExp(`${title}(?!\\d)`) });

  await t.test('is usable soon and holds few cards', async () => {
    const began = Date.now();
    await page.goto(`${url}/boards/${boardId}`);
    await card('Prospecting 1').waitFor();
    t.diagnostic(`first card after ${Date.now() - began} ms`);
    assert.ok((await cards.count()) <= 100, `${await cards.count()} cards in the page`);
    await page.getByTestId('board-facts').getByText('10,000 deals').waitFor();
  });

  await t.test('scrolls', async () => {
    await card('Prospecting 1').hover();
    await page.mouse.wheel(0, 40_000);
    await card('Prospecting 1').waitFor({ state: 'detached' });
    await until('there are cards in sight', async () => (await column.locator('[data-deal]').count()) > 3);
    assert.ok((await cards.count()) <= 100);
  });

  await t.test('the keyboard reaches the last card and comes back', async () => {
    await column.locator('[data-deal]').first().focus();
    await page.keyboard.press('End');
    await card(`Prospecting ${perStage}`).and(page.locator(':focus')).waitFor();
    await page.keyboard.press('ArrowUp');
    await card(`Prospecting ${perStage - 1}`)
      .and(page.locator(':focus'))
      .waitFor();
    await page.keyboard.press('Home');
    await card('Prospecting 1').and(page.locator(':focus')).waitFor();
    assert.ok((await cards.count()) <= 100);
  });

  await t.test('the filter finds one of them', async () => {
    await page.getByRole('textbox', { name: 'Filter' }).fill(`Engaging ${perStage}`);
    await page
      .getByText(`1 of ${perStage.toLocaleString('en')}`)
      .first()
      .waitFor();
    assert.equal(await cards.count(), 1);
  });
  assert.deepEqual(errors, []);
});
