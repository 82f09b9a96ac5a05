// A pipeline is set up without a mouse.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { office, storedPipeline } from './company.mjs';
import { until } from './harness.mjs';

/** Presses Tab until the wanted element has the focus. */
async function tabTo(page, sentence, selector) {
  for (let press = 0; press < 80; press++) {
    if (await page.evaluate((css) => document.activeElement?.matches(css), selector)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${sentence}`);
}

test('a pipeline is made and changed with the keyboard alone', { timeout: 120_000 }, async (t) => {
  const { url, ana, anaApi } = await office(t);
  const { page } = ana;
  const type = (text) => page.keyboard.type(text);
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const inputOf = async (role, name) => `[id="${await page.getByRole(role, { name, exact: true }).getAttribute('id')}"]`;
  const button = async (name) => {
    const handle = page.getByRole('button', { name, exact: true });
    await handle.waitFor();
    await handle.evaluate((element) => element.setAttribute('data-wanted', element.textContent || element.ariaLabel));
    return `[data-wanted="${await handle.getAttribute('data-wanted')}"]`;
  };
  await page.goto(`${url}/setup/pipelines`);
  await tabTo(page, 'New pipeline', await button('New pipeline'));
  await press('Enter');
  await page.getByRole('heading', { name: 'Stages' }).waitFor();

  await t.test('name, a stage with all that it asks for', async () => {
    await tabTo(page, 'the name', await inputOf('textbox', 'Name'));
    await type('Charters');
    await tabTo(page, 'Add a stage', await button('Add a stage'));
    await press('Enter');
    await page.locator('[data-control="name"]:focus').waitFor();
    await type('Quote');
    await tabTo(page, 'the required fields', await inputOf('combobox', 'Fields asked for here'));
    await type('Amount');
    await press('Enter', 'Escape');
    await tabTo(page, 'where deals come from', await inputOf('combobox', 'Deals come here only from'));
    await press('ArrowDown', 'Enter', 'Escape');
    await press('Tab');
    await type('The skipper wants a price.');
  });

  await t.test('a reload in the middle loses nothing', async () => {
    await page.reload();
    await page.getByRole('button', { name: /^Quote/ }).waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue(), 'Charters');
  });

  await t.test('Alt+arrow sorts and keeps the focus; the buttons do, too', async () => {
    const names = () => page.locator('[data-stage] [data-control="head"] b').allTextContents();
    await tabTo(page, 'the stage', '[data-control="head"]');
    assert.deepEqual(await names(), ['New', 'Quote', 'Won', 'Lost']);
    await press('Alt+ArrowDown');
    await page.locator('[data-control="head"]:focus', { hasText: 'New' }).waitFor();
    assert.deepEqual(await names(), ['Quote', 'New', 'Won', 'Lost']);
    await page.getByRole('status').getByText('New is stage 2 of 4 now').waitFor({ state: 'attached' });
    await tabTo(page, 'Move up', '[data-control="up"]');
    await press('Enter');
    await page.locator('[data-control="up"]:focus').waitFor();
    assert.deepEqual(await names(), ['New', 'Quote', 'Won', 'Lost']);
  });

  await t.test('reasons, one Enter after the other, and Save', async () => {
    await tabTo(page, 'Add a reason', await button('Add a reason'));
    await press('Enter');
    await page.locator('input:focus').waitFor();
    await type('Price');
    await press('Enter');
    await page.getByRole('textbox', { name: 'Reason 2' }).waitFor();
    await until('the next line has the focus', () => page.evaluate(() => document.activeElement?.value === ''));
    await type('Weather');
    await tabTo(page, 'Save', await button('Save'));
    await press('Enter');
    await page.getByRole('button', { name: 'Save', exact: true }).waitFor({ state: 'detached' });
    const { f } = await storedPipeline(anaApi, 'Charters');
    const [first, quote] = f.stages;
    assert.deepEqual(
      [first.name, quote.name, quote.requires, quote.from, quote.why, f.lostReasons],
      ['New', 'Quote', ['amount'], [first.id], 'The skipper wants a price.', ['Price', 'Weather']],
    );
  });

  await t.test('undo takes the making back', async () => {
    await press('F6', 'Enter');
    await until('the pipeline is gone', async () => (await storedPipeline(anaApi, 'Charters')) === undefined);
  });

  assert.deepEqual(ana.errors, []);
});
