// The set-up pages, and what they lead to on boards, against axe.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { violations } from './axe.mjs';
import { id, office } from './company.mjs';
import { person, until } from './harness.mjs';

test('the set-up pages and what they lead to are accessible', { timeout: 240_000 }, async (t) => {
  const { url, browser, anaApi, company, ana } = await office(t);
  const { pipeline, board } = company;
  const [, second, third] = pipeline.f.stages;
  const stages = pipeline.f.stages.map((stage) => ({ requires: [], from: [], why: '', idleDays: 0, ...stage }));
  stages[1] = { ...stages[1], requires: ['amount'], why: 'Finance plans with it.' };
  for (const barred of [2, 4]) stages[barred] = { ...stages[barred], from: [second.id], why: 'First the needs.' };
  await anaApi.command('pipeline.save', {
    id: pipeline.id,
    basedOn: 1,
    name: pipeline.f.name,
    departmentId: '',
    stages,
    lostReasons: ['Price'],
  });
  await anaApi.command('field.define', {
    id: id(),
    recordType: 'deal',
    key: 'season',
    kind: 'text',
    labels: { en: 'Season' },
    why: 'The warehouse plans with it.',
  });
  const deal = id();
  await anaApi.command('record.create', { type: 'deal', id: deal, values: { title: 'Dock crane', pipelineId: pipeline.id } });
  const cookies = await ana.context.cookies();

  const editing = async (page) => {
    await page.goto(`${url}/setup/pipelines/${pipeline.id}`);
    for (const stage of [second, third]) await page.locator(`[data-stage="${stage.id}"] [data-control="head"]`).click();
    await page.locator(`[data-stage="${second.id}"] [data-control="name"]`).fill('');
  };
  const screens = [
    ['the pipelines', async (page) => void (await page.goto(`${url}/setup/pipelines`))],
    ['a pipeline that is being changed', editing],
    [
      'a pipeline that was refused',
      async (page) => {
        await editing(page);
        await page.getByRole('button', { name: 'Take Lost away' }).click();
        await page.getByRole('button', { name: 'Save', exact: true }).click();
        await page.getByText('Please fill this in.').waitFor();
      },
    ],
    ['the fields', async (page) => void (await page.goto(`${url}/setup/fields`))],
    [
      'a field that is being defined',
      async (page) => {
        await page.goto(`${url}/setup/fields?type=deal&field=new`);
        await page.getByRole('combobox', { name: 'What does it hold?' }).click();
        await page.getByRole('option', { name: /One of several/ }).click();
        await page.getByRole('button', { name: 'Add a choice' }).click();
        await page.getByRole('button', { name: 'other languages' }).click();
      },
    ],
    [
      'the Move sheet with a stage that is barred',
      async (page) => {
        await page.goto(`${url}/boards/${board.id}`);
        await page.locator(`[data-deal="${deal}"]`).press('v');
        await page.getByRole('dialog').getByText('First the needs.').first().waitFor();
      },
    ],
    [
      'a move that was refused',
      async (page) => {
        await page.goto(`${url}/boards/${board.id}`);
        await page.locator(`[data-deal="${deal}"]`).press('w');
        await page.getByRole('alert').getByText('First the needs.').waitFor();
      },
    ],
    [
      'the drawer, asking for a field',
      async (page) => {
        await page.goto(`${url}/boards/${board.id}?deal=${deal}`);
        await page.getByRole('button', { name: 'Who wants this?' }).click();
      },
    ],
  ];
  await t.test('on a phone the way there is on one’s own page, and the bar keeps its five places', async () => {
    const { page, context } = await person(browser, { width: 360, height: 800 });
    await context.addCookies(cookies);
    await page.goto(`${url}/me`);
    await page.getByRole('link', { name: 'Set up pipelines and fields' }).click();
    await page.getByRole('button', { name: 'New pipeline' }).waitFor();
    assert.equal(await page.getByRole('navigation', { name: 'Main' }).getByRole('link').count(), 5);
    await context.close();
  });
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 360]) {
      const { page, context, errors } = await person(browser, { width, height: 800, colorScheme });
      await context.addCookies(cookies);
      for (const [name, open] of screens) {
        await t.test(`${name}, ${colorScheme}, ${width} px`, async () => {
          await open(page);
          await page.getByRole('main').waitFor();
          await until('the words are here', async () => (await page.locator('main h1, main h2').count()) > 0);
          // Dark differs in its colours alone.
          assert.deepEqual(await violations(page, colorScheme === 'dark' ? ['color-contrast'] : undefined), []);
          const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.equal(sideways, 0, 'the page scrolls sideways');
        });
      }
      assert.deepEqual(errors, []);
      await context.close();
    }
  }
});
