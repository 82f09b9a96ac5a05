// A field is defined in one browser and filled in in another.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { id, office } from './company.mjs';
import { until } from './harness.mjs';
import { choose } from './screens.mjs';

test('a field is defined in one browser and filled in in another, in a drawer that stays open', {
  timeout: 120_000,
}, async (t) => {
  const { url, ana, paul, anaApi, paulApi, company, sales } = await office(t);
  const deal = id();
  await paulApi.command('record.create', {
    type: 'deal',
    id: deal,
    values: { title: 'Winter tea', departmentId: sales, pipelineId: company.pipeline.id },
  });
  const board = id();
  await anaApi.command('board.create', { id: board, name: 'Tea', pipelineId: company.pipeline.id, departmentId: sales });
  await paul.page.goto(`${url}/boards/${board}?deal=${deal}`);
  const drawer = paul.page.getByTestId('deal-drawer');
  await drawer.getByRole('button', { name: /more fields/ }).click();

  await t.test('the key follows the name, and the field comes to the open drawer', async () => {
    await ana.page.goto(`${url}/setup/fields`);
    await ana.page.getByRole('button', { name: 'New field' }).click();
    const form = ana.page.getByRole('dialog');
    await form.getByLabel('What is it called?').fill('Harvest season');
    assert.equal(await form.getByLabel('Key').inputValue(), 'harvestSeason');
    await form.getByRole('combobox', { name: 'What does it hold?' }).click();
    await ana.page.getByRole('option', { name: /One of several/ }).click();
    for (const season of ['Spring', 'Autumn']) {
      await form.getByRole('button', { name: 'Add a choice' }).click();
      await form
        .getByRole('textbox', { name: /^Choice/ })
        .last()
        .fill(season);
    }
    await form.getByLabel('Why').fill('The warehouse plans with it.');
    await form.getByRole('button', { name: 'Define the field' }).click();
    await form.waitFor({ state: 'detached' });
    await drawer.locator('[data-field="fields.harvestSeason"]').waitFor();
  });

  await t.test('it is filled in there, with the reason beside it', async () => {
    await drawer.getByRole('button', { name: 'Change Harvest season' }).click();
    await drawer.getByText('The warehouse plans with it.').waitFor();
    await drawer.getByRole('button', { name: 'Who wants this?' }).click();
    await drawer.getByText(/Ana Ferrer set it up like this/).waitFor();
    await choose(paul.page, drawer, 'Harvest season', 'Autumn');
    await until('the value is stored', async () => {
      const { record } = await anaApi.get(`/api/v1/records/${deal}`);
      return record.f['fields.harvestSeason'] !== undefined;
    });
  });

  await t.test('another name and another reason are there at once, too', async () => {
    await ana.page.getByRole('button', { name: 'Change Harvest season' }).click();
    const form = ana.page.getByRole('dialog');
    await form.getByLabel('What is it called?').fill('Season');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.waitFor({ state: 'detached' });
    const row = drawer.locator('[data-field="fields.harvestSeason"]');
    await row.getByText('Season', { exact: true }).waitFor();
    await row.getByText('Autumn').waitFor();
  });

  await t.test('in the trash it is gone from the drawer; restored it is back with its value', async () => {
    await ana.page.getByRole('button', { name: 'Put Season into the trash' }).click();
    await drawer.locator('[data-field="fields.harvestSeason"]').waitFor({ state: 'detached' });
    await ana.page.getByRole('button', { name: 'Restore Season' }).click();
    await drawer.locator('[data-field="fields.harvestSeason"]').getByText('Autumn').waitFor();
  });

  await t.test('what was begun is there after the page is loaded again', async () => {
    await ana.page.getByRole('button', { name: 'New field' }).click();
    await ana.page.getByLabel('What is it called?').fill('Урожай');
    await ana.page.reload();
    const form = ana.page.getByRole('dialog');
    await until('the name is still there', async () => (await form.getByLabel('What is it called?').inputValue()) === 'Урожай');
    assert.equal(await form.getByLabel('Key').inputValue(), 'urozhay');
    await form.getByRole('button', { name: 'Discard' }).click();
    await form.waitFor({ state: 'detached' });
  });

  assert.deepEqual([...ana.errors, ...paul.errors], []);
});
