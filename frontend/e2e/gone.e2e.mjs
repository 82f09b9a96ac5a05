// A deal that somebody else throws away while it is in the hand, while its sheet
// is open, while one writes in it, or while it only has the focus.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, cardIn, company, deal, hire, stages } from './company.mjs';
import { person, until } from './harness.mjs';

test('[M13] a deal that goes under the hand', { timeout: 90_000 }, async (t) => {
  const { url, browser, ana, api: anaApi, office } = await company(t);
  const paul = await person(browser);
  const paulApi = api(url, paul.context);
  await hire(anaApi, paulApi, { name: 'Paul Weber', departmentId: office.company, role: 'lead' });
  const [first, second] = stages(office.pipeline);
  const { page, errors } = ana;
  const made = {};
  for (const title of ['Anchor', 'Beacon', 'Canvas', 'Dinghy']) made[title] = await deal(anaApi, { title, nextStep: 'Call' });
  const card = (title) => cardIn(page, first, made[title]);
  const throwAway = (title) => paulApi.command('record.trash', { id: made[title] });
  const bringBack = async (title) => {
    await paulApi.command('record.restore', { id: made[title] });
    await card(title).waitFor();
  };
  const explained = (title) => page.getByRole('alert').filter({ hasText: `${title} is no longer here` });
  const hasFocus = (locator) => locator.and(page.locator(':focus')).waitFor();
  await page.goto(`${url}/boards/${office.board.id}`);
  await card('Dinghy').waitFor();

  await t.test('in the hand: it is explained, the next card has the focus, and the hand is free again', async () => {
    const from = await card('Beacon').boundingBox();
    const to = await page.locator(`[data-stage="${second}"]`).boundingBox();
    await page.mouse.move(from.x + 40, from.y + 20);
    await page.mouse.down();
    await page.mouse.move(from.x + 60, from.y + 30, { steps: 3 });
    await page.mouse.move(to.x + 40, to.y + 200, { steps: 5 });
    await page.locator(`[data-stage="${second}"][data-over]`).waitFor();
    await throwAway('Beacon');
    await card('Beacon').waitFor({ state: 'detached' });
    await explained('Beacon').waitFor();
    await page.mouse.move(to.x + 60, to.y + 220, { steps: 3 });
    await page.mouse.up();
    await hasFocus(card('Canvas'));
    await page.mouse.move(from.x + 60, from.y + 30, { steps: 3 });
    await until('nothing is in the hand', async () => (await page.locator('[data-inhand], [data-over]').count()) === 0);
    await page.getByRole('button', { name: 'All right' }).click();
    await explained('Beacon').waitFor({ state: 'detached' });
    await cardIn(page, first, made['Anchor']).dragTo(page.locator(`[data-stage="${second}"]`));
    await cardIn(page, second, made['Anchor']).waitFor();
    await page.keyboard.press('Control+z');
    await card('Anchor').waitFor();
    await bringBack('Beacon');
  });

  await t.test('in an open sheet: the sheet goes and does not come back with the deal', async () => {
    await card('Canvas').focus();
    await page.keyboard.press('v');
    await page.getByRole('dialog').waitFor();
    await throwAway('Canvas');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await explained('Canvas').waitFor();
    await hasFocus(card('Dinghy'));
    await page.keyboard.press('Alt+ArrowRight');
    await cardIn(page, second, made['Dinghy']).waitFor();
    await page.keyboard.press('Control+z');
    await card('Dinghy').waitFor();
    await bringBack('Canvas');
    assert.equal(await page.getByRole('dialog').count(), 0);
    await page.getByRole('button', { name: 'All right' }).click();
  });

  await t.test(
    '[C7] in an open editor: who did it is told, what was typed can be read, and both come back on request',
    async () => {
      await page.goto(`${url}/boards/${office.board.id}?deal=${made['Beacon']}`);
      const drawer = page.getByTestId('deal-drawer');
      const field = drawer.locator('[data-field="nextStep"]');
      await field.getByRole('button').first().click();
      await field.getByRole('textbox').fill('Ask the harbour master');
      await throwAway('Beacon');
      await drawer.getByText('This was put into the trash by Paul Weber.').waitFor();
      await drawer.getByText('Ask the harbour master').waitFor();
      assert.ok(await drawer.evaluate((element) => element.contains(document.activeElement)), 'the focus stays in the drawer');
      await drawer.getByRole('button', { name: 'Take it out again' }).click();
      await until('the text is back', async () => (await field.getByRole('textbox').inputValue()) === 'Ask the harbour master');
      await field.getByRole('textbox').press('Enter');
      await until('it is saved', async () => {
        const { record } = await anaApi.get(`/api/v1/records/${made['Beacon']}`);
        return record.f.nextStep === 'Ask the harbour master';
      });
      await drawer.getByRole('button', { name: 'Close', exact: true }).click();
    },
  );

  await t.test('[C7] who may not bring it back is told who did it, and is offered no way back', async () => {
    const mia = await person(browser);
    await hire(anaApi, api(url, mia.context), { name: 'Mia Kahn', departmentId: office.company, role: 'member' });
    await mia.page.goto(`${url}/boards/${office.board.id}?deal=${made['Canvas']}`);
    const drawer = mia.page.getByTestId('deal-drawer');
    await drawer.getByLabel('Comment', { exact: true }).fill('They sign on Monday.');
    await throwAway('Canvas');
    await drawer.getByText('This was put into the trash by Paul Weber.').waitFor();
    await drawer.getByText('They sign on Monday.').waitFor();
    assert.equal(await drawer.getByRole('button', { name: 'Take it out again' }).count(), 0);
    await bringBack('Canvas');
    await until('the text is back', async () => {
      const words = drawer.getByLabel('Comment', { exact: true });
      return (await words.count()) === 1 && (await words.inputValue()) === 'They sign on Monday.';
    });
    assert.deepEqual(mia.errors, []);
    await mia.context.close();
  });

  await t.test('with the focus alone: the focus goes to the next card, then to the one before, then to the column', async () => {
    await card('Canvas').focus();
    await throwAway('Canvas');
    await hasFocus(card('Dinghy'));
    await throwAway('Dinghy');
    await hasFocus(card('Beacon'));
    await throwAway('Beacon');
    await hasFocus(card('Anchor'));
    await throwAway('Anchor');
    await hasFocus(page.locator(`[data-stage="${first}"]`));
    assert.equal(await page.getByRole('alert').count(), 0);
  });
  assert.deepEqual(errors, []);
});
