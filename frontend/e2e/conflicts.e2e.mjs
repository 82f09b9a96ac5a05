// Two people at one deal: what merges, what they are asked about, what is refused,
// and the ways back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, cardIn, company, deal, hire, stages } from './company.mjs';
import { person } from './harness.mjs';

/** The line of a field in an open deal. */
const field = (page, key) => page.getByTestId('deal-drawer').locator(`[data-field="${key}"]`);

/** Opens a field for writing and puts words into it. */
async function write(page, key, words) {
  await field(page, key).getByRole('button').first().click();
  await field(page, key).getByRole('textbox').fill(words);
}

test('two people at one deal', { timeout: 90_000 }, async (t) => {
  const { url, browser, ana, api: anaApi, office } = await company(t);
  const paul = await person(browser);
  const paulApi = api(url, paul.context);
  await hire(anaApi, paulApi, { name: 'Paul Weber', departmentId: office.company, role: 'lead' });
  const refit = await deal(anaApi, { title: 'Refit of the ferry line', nextStep: 'Call', product: 'Paint' });
  const board = `${url}/boards/${office.board.id}`;
  const [first, second] = stages(office.pipeline);
  const record = async () => (await anaApi.get(`/api/v1/records/${refit}`)).record;
  const edit = async (values) => paulApi.command('record.edit', { id: refit, basedOn: (await record()).v, values });
  for (const { page } of [ana, paul]) {
    await page.goto(`${board}?deal=${refit}`);
    await field(page, 'nextStep').getByText('Call').waitFor();
  }

  await t.test('who writes where somebody else has just written sees both values and takes the other', async () => {
    await write(ana.page, 'nextStep', 'Visit the yard');
    await edit({ nextStep: 'Send the offer' });
    const both = field(ana.page, 'nextStep').getByRole('alert');
    await both.getByText('Paul Weber has just written this:').waitFor();
    await both.getByText('Send the offer').waitFor();
    assert.equal(await field(ana.page, 'nextStep').getByRole('textbox').inputValue(), 'Visit the yard');
    await both.getByRole('button', { name: 'Keep that' }).click();
    await field(ana.page, 'nextStep').getByText('Send the offer').waitFor();
    assert.equal((await record()).f.nextStep, 'Send the offer');
  });

  await t.test('a conflict that only the server could see is asked about, and the own value may win', async () => {
    await ana.context.setOffline(true);
    await write(ana.page, 'nextStep', 'Visit the yard');
    await ana.page.keyboard.press('Enter');
    await field(ana.page, 'nextStep').getByText('Visit the yard').waitFor();
    await edit({ nextStep: 'Ask the bank' });
    await ana.context.setOffline(false);
    const both = field(ana.page, 'nextStep').getByRole('alert');
    await both.getByText('Ask the bank').waitFor();
    await both.getByRole('button', { name: 'Use mine' }).click();
    await field(paul.page, 'nextStep').getByText('Visit the yard').waitFor();
    assert.equal((await record()).f.nextStep, 'Visit the yard');
  });

  await t.test('different fields merge without a question', async () => {
    await ana.context.setOffline(true);
    await write(ana.page, 'product', 'Varnish');
    await ana.page.keyboard.press('Enter');
    await edit({ nextStep: 'Sign' });
    await ana.context.setOffline(false);
    await field(paul.page, 'product').getByText('Varnish').waitFor();
    await field(ana.page, 'nextStep').getByText('Sign').waitFor();
    assert.equal(await ana.page.getByRole('alert').count(), 0);
  });

  await t.test('the history takes one change back', async () => {
    const happened = ana.page.getByTestId('deal-drawer').getByRole('listitem').filter({ hasText: 'Varnish' });
    await happened.getByRole('button', { name: 'Undo this' }).click();
    await field(paul.page, 'product').getByText('Paint').waitFor();
  });

  await t.test('the toast takes the last change back, and so does Ctrl+Z', async () => {
    await ana.page.goto(board);
    await cardIn(ana.page, first, refit).press('Alt+ArrowRight');
    await cardIn(ana.page, second, refit).waitFor();
    await ana.page.getByRole('button', { name: /^Undo/ }).click();
    await cardIn(ana.page, first, refit).waitFor();
    await cardIn(ana.page, first, refit).press('Alt+ArrowRight');
    await cardIn(ana.page, second, refit).waitFor();
    await ana.page.keyboard.press('Control+z');
    await cardIn(ana.page, first, refit).waitFor();
    await cardIn(paul.page, first, refit).waitFor();
  });

  await t.test('a move that is refused goes back and says why', async () => {
    const mia = await person(browser);
    await hire(anaApi, api(url, mia.context), { name: 'Mia Kahn', departmentId: office.company, role: 'member' });
    await mia.page.goto(board);
    await cardIn(mia.page, first, refit).press('Alt+ArrowRight');
    await mia.page.getByRole('alert').getByText('Refit of the ferry line').waitFor();
    await mia.page.getByRole('alert').getByText('stays where it was').waitFor();
    await mia.page.getByRole('alert').getByText('You may not').waitFor();
    await cardIn(mia.page, first, refit).waitFor();
    await mia.page.getByRole('button', { name: 'All right' }).click();
    await mia.page.getByRole('alert').waitFor({ state: 'detached' });
    assert.deepEqual(mia.errors, []);
  });
  assert.deepEqual([...ana.errors, ...paul.errors], []);
});
