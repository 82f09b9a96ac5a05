// Pipelines are set up in one browser and obeyed at once in another.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, hire, id, office, storedPipeline } from './company.mjs';
import { person, until } from './harness.mjs';
import { cardIn, choose, column, saved, stageCard } from './screens.mjs';

test('a pipeline is made in one browser and obeyed in another', { timeout: 180_000 }, async (t) => {
  const { url, browser, ana, paul, anaApi, paulApi, sales } = await office(t);
  const { page } = ana;
  await paul.page.goto(`${url}/boards`);

  await t.test('the admin makes it: required fields, a move rule, a reason for losing, a board', async () => {
    await page.goto(`${url}/boards`);
    await page.getByRole('link', { name: 'Set up' }).click();
    await page.getByRole('button', { name: 'New pipeline' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Refits');
    await choose(page, page, 'Who looks after it?', 'Sales');
    for (const [name, asks, from, why] of [
      ['Offer', 'Amount', undefined, 'Finance plans with it.'],
      ['Agreed', undefined, 'Offer', 'Nobody agrees to what was not offered.'],
    ]) {
      await page.getByRole('button', { name: 'Add a stage' }).click();
      await page.locator('[data-control="name"]:focus').fill(name);
      const card = stageCard(page, name);
      if (asks) await choose(page, card, 'Fields asked for here', asks);
      if (from) await choose(page, card, 'Deals come here only from', from);
      await page.keyboard.press('Escape');
      await card.getByLabel('Why').fill(why);
      await card.getByRole('button', { name: new RegExp(`^${name}`) }).click();
    }
    await page.getByRole('button', { name: 'Add a reason' }).click();
    await page.getByRole('textbox', { name: 'Reason 1' }).fill('Price');
    await saved(page);
    await page.getByRole('button', { name: 'Make a board for it' }).click();
    await page.getByRole('link', { name: 'Refits' }).waitFor();
  });

  await t.test('stages are sorted by dragging, and discarding brings the old order back', async () => {
    const names = () => page.locator('[data-stage] [data-control="head"] b').allTextContents();
    const handle = (name) => stageCard(page, name).locator('[title="Drag to sort"]');
    await handle('Agreed').hover();
    await page.mouse.down();
    const offer = await stageCard(page, 'Offer').boundingBox();
    await page.mouse.move(offer.x + 40, offer.y + 6, { steps: 8 });
    await page.mouse.up();
    await until('Agreed stands before Offer', async () => (await names()).join(' ') === 'New Agreed Offer Won Lost');
    await page.getByRole('button', { name: 'Discard' }).click();
    await until('the order is the old one', async () => (await names()).join(' ') === 'New Offer Agreed Won Lost');
  });

  await t.test('the board comes to the other one, who begins a deal', async () => {
    await paul.page.getByRole('link', { name: /Refits/ }).click();
    await paul.page.getByLabel('New deal in New').fill('Dock crane');
    await paul.page.keyboard.press('Enter');
    await cardIn(paul.page, 'New', /Dock crane/).waitFor();
  });

  await t.test('a column that does not admit the card is grey, says why, and does not take it', async () => {
    const agreed = await column(paul.page, 'Agreed').boundingBox();
    await cardIn(paul.page, 'New', /Dock crane/).hover({ position: { x: 40, y: 20 } }); // waits until it lies still
    await paul.page.mouse.down();
    await paul.page.mouse.move(agreed.x + agreed.width / 2, agreed.y + 300, { steps: 8 });
    await column(paul.page, 'Agreed').getByText('only from Offer. Nobody agrees to what was not offered.').waitFor();
    assert.equal(await column(paul.page, 'Offer').getAttribute('data-barred'), null);
    await paul.page.mouse.up();
    await until('the reason is gone with the drag', async () => !(await column(paul.page, 'Agreed').getAttribute('data-barred')));
    await cardIn(paul.page, 'New', /Dock crane/).waitFor();
  });

  await t.test('who may not move the deal is told so, whichever way he tries', async () => {
    const mia = await person(browser);
    await hire(anaApi, api(url, mia.context), { name: 'Mia Sol', departmentId: sales, role: 'member' });
    await mia.page.goto(paul.page.url());
    const card = cardIn(mia.page, 'New', /Dock crane/);
    await card.press('Alt+ArrowRight');
    await mia.page.getByRole('alert').getByText('You may not move this deal.').waitFor();
    assert.equal(await card.getByRole('button', { name: /^Move/ }).count(), 0, 'nor is it offered');
    await card.hover({ position: { x: 40, y: 20 } });
    await mia.page.mouse.down();
    await mia.page.mouse.move(600, 500, { steps: 8 });
    await column(mia.page, 'Offer').getByText('You may not move this deal.').waitFor();
    await mia.page.mouse.up();
    await card.waitFor();
    assert.deepEqual(mia.errors, []);
    await mia.context.close();
  });

  await t.test('the Move sheet shows the stage disabled, with the reason', async () => {
    await cardIn(paul.page, 'New', /Dock crane/).focus();
    await paul.page.keyboard.press('v');
    const sheet = paul.page.getByRole('dialog');
    const agreed = sheet.getByRole('button', { name: 'Agreed' });
    assert.equal(await agreed.getAttribute('aria-disabled'), 'true');
    assert.match(await agreed.textContent(), /only from Offer/);
    await paul.page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
  });

  await t.test('Alt+arrow asks for the required field, with the reason and who stands behind it', async () => {
    await cardIn(paul.page, 'New', /Dock crane/).focus();
    await paul.page.keyboard.press('Alt+ArrowRight');
    const sheet = paul.page.getByRole('dialog');
    await sheet.getByText('Finance plans with it.').waitFor();
    await sheet.getByRole('button', { name: 'Who wants this?' }).click();
    await sheet.getByText(/Sales looks after this pipeline; Ana Ferrer set it up like this/).waitFor();
    await sheet.getByLabel('Amount').fill('4200');
    await sheet.getByRole('button', { name: 'Move to Offer' }).click();
    await cardIn(paul.page, 'Offer', /Dock crane/).waitFor();
  });

  await t.test('a field that a stage asks for from now on is not asked of a deal that has it', async () => {
    const pipeline = await storedPipeline(anaApi, 'Refits');
    const { records } = await paulApi.get('/api/v1/records?type=deal&q=crane');
    await paulApi.command('record.edit', { id: records[0].id, basedOn: records[0].v, values: { source: 'Fair' } });
    await paul.page.reload(); // the board knows of its deals what its cards show
    await cardIn(paul.page, 'Offer', /Dock crane/).waitFor();
    const loaded = paul.page.waitForResponse((answer) => answer.url().includes('/api/v1/boards/'));
    await stageCard(page, 'Agreed')
      .getByRole('button', { name: /^Agreed/ })
      .click();
    await choose(page, stageCard(page, 'Agreed'), 'Fields asked for here', 'Source');
    await page.keyboard.press('Escape');
    await saved(page);
    await (await loaded).finished();
    await cardIn(paul.page, 'Offer', /Dock crane/).press('Alt+ArrowRight');
    await cardIn(paul.page, 'Agreed', /Dock crane/).waitFor();
    await cardIn(paul.page, 'Agreed', /Dock crane/).press('Alt+ArrowLeft');
    await cardIn(paul.page, 'Offer', /Dock crane/).waitFor();
    const { f } = await storedPipeline(anaApi, 'Refits');
    assert.notDeepEqual(f.stages, pipeline.f.stages);
  });

  await t.test('a rule that the admin makes now binds the open board now', async () => {
    await stageCard(page, 'Won').getByRole('button', { name: /^Won/ }).click();
    await choose(page, stageCard(page, 'Won'), 'Deals come here only from', 'Agreed');
    await page.keyboard.press('Escape');
    await saved(page);
    await cardIn(paul.page, 'Offer', /Dock crane/).press('v');
    const sheet = paul.page.getByRole('dialog');
    // The rule arrives while the sheet is open.
    await sheet.locator('button[aria-disabled]', { hasText: /“Won” only from Agreed/ }).waitFor();
    await paul.page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    await cardIn(paul.page, 'Offer', /Dock crane/).press('w');
    await paul.page
      .getByRole('alert')
      .getByText(/“Won” only from Agreed/)
      .waitFor();
    await paul.page.getByRole('button', { name: 'All right' }).click();
    await cardIn(paul.page, 'Offer', /Dock crane/).press('Alt+ArrowRight');
    await cardIn(paul.page, 'Agreed', /Dock crane/).press('w');
    await cardIn(paul.page, 'Won', /Dock crane/).waitFor();
  });

  await t.test('the server refuses what a screen with an older rule asks for', async () => {
    const pipeline = await storedPipeline(anaApi, 'Refits');
    const stage = (name) => pipeline.f.stages.find((each) => each.name === name).id;
    const deal = id();
    await paulApi.command('record.create', {
      type: 'deal',
      id: deal,
      values: { title: 'Slipway', pipelineId: pipeline.id, stageId: stage('New') },
    });
    const answer = await paul.context.request.post(`${url}/api/v1/commands/deal.move`, {
      data: { commandId: id(), id: deal, basedOn: 1, stageId: stage('Won') },
      headers: { Origin: url },
    });
    const { reason, params } = await answer.json();
    assert.deepEqual([answer.status(), reason, params.from], [400, 'stage_not_from', 'Agreed']);
  });

  await t.test('a rule that changes while a move is under way is told with its reason, and the card is back', async () => {
    const won = (await storedPipeline(anaApi, 'Refits')).f.stages.find((stage) => stage.name === 'Won').id;
    // As if the stage had been open to all when the person pressed the key.
    await paul.page.route('**/commands/deal.move', (route) =>
      route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), stageId: won }) }),
    );
    await cardIn(paul.page, 'New', /Slipway/).press('x');
    const sheet = paul.page.getByRole('dialog');
    await choose(paul.page, sheet, 'Why was it lost?', 'Price');
    await sheet.getByRole('button', { name: 'Move to Lost' }).click();
    await paul.page
      .getByRole('alert')
      .getByText(/“Won” only from Agreed/)
      .waitFor();
    await cardIn(paul.page, 'New', /Slipway/).waitFor();
    await paul.page.unroute('**/commands/deal.move');
    await paul.page.getByRole('button', { name: 'All right' }).click();
  });

  await t.test('losing a deal asks for the reason that the admin gave', async () => {
    await cardIn(paul.page, 'New', /Slipway/).press('x');
    const sheet = paul.page.getByRole('dialog');
    await choose(paul.page, sheet, 'Why was it lost?', 'Price');
    await sheet.getByRole('button', { name: 'Move to Lost' }).click();
    await cardIn(paul.page, 'Lost', /Slipway/).waitFor();
  });

  await t.test('a stage that holds a deal cannot go, and says so where it stands', async () => {
    await page.getByRole('button', { name: 'Take Lost away' }).click();
    await page.getByText('Lost goes when you save.').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await stageCard(page, 'Lost').getByText('This stage still holds deals; move them first.').waitFor();
  });

  assert.deepEqual([...ana.errors, ...paul.errors], []);
});

test('two people set up one pipeline at once', { timeout: 120_000 }, async (t) => {
  const { url, browser, ana, anaApi, company, sales } = await office(t);
  const ben = await person(browser);
  const benApi = api(url, ben.context);
  await hire(anaApi, benApi, { name: 'Ben Ito', departmentId: company.company, role: 'admin' });
  const editor = `${url}/setup/pipelines/${company.pipeline.id}`;
  await ana.page.goto(editor);
  await ben.page.goto(editor);
  const rename = async ({ page }, from, to) => {
    await stageCard(page, from)
      .getByRole('button', { name: new RegExp(`^${from}`) })
      .click();
    await stageCard(page, from).locator('[data-control="name"]').fill(to);
  };

  await t.test('changes of different stages meet', async () => {
    await rename(ana, 'Qualified', 'Needs clear');
    await rename(ben, 'Proposal', 'Offer');
    await saved(ben.page);
    await ana.page.getByRole('button', { name: /^Offer/ }).waitFor();
    await ana.page.getByText('Ben Ito has saved changes meanwhile; they are in here already.').waitFor();
    await saved(ana.page);
    await ben.page.getByRole('button', { name: /^Needs clear/ }).waitFor();
  });

  await t.test('where both changed the same, both are shown and one decides', async () => {
    await ana.page.locator('[data-control="name"]').first().fill('Wishes known');
    await rename(ben, 'Needs clear', 'Needs known');
    await saved(ben.page);
    const notice = ana.page.getByRole('alert').filter({ hasText: 'Ben Ito has just written this: Needs known' });
    await notice.waitFor();
    assert.equal(await ana.page.locator('[data-control="name"]').first().inputValue(), 'Wishes known');
    assert.ok(await ana.page.getByRole('button', { name: 'Save', exact: true }).isDisabled());
    await notice.getByRole('button', { name: 'Use mine' }).click();
    await saved(ana.page);
    await ben.page.getByRole('button', { name: /^Wishes known/ }).waitFor();
  });

  await t.test('what is saved without a connection waits, and goes when there is one', async () => {
    await ana.context.setOffline(true);
    await ana.page.locator('[data-control="name"]').first().fill('Wishes heard');
    await ana.page.getByRole('button', { name: 'Save', exact: true }).click();
    await ana.page.getByText('On its way.').waitFor();
    await ana.context.setOffline(false);
    await ben.page.getByRole('button', { name: /^Wishes heard/ }).waitFor();
    await ana.page.getByRole('button', { name: 'Save', exact: true }).waitFor({ state: 'detached' });
  });

  await t.test('a head sets up what his department looks after, and nothing else', async () => {
    const vera = await person(browser);
    const veraApi = api(url, vera.context);
    await hire(anaApi, veraApi, { name: 'Vera Lund', departmentId: sales, role: 'head' });
    const own = id();
    await veraApi.command('pipeline.save', {
      id: own,
      basedOn: 0,
      name: 'Refits',
      departmentId: sales,
      stages: [{ id: 'a', name: 'New', kind: 'open', probability: 10, idleDays: 0, requires: [], from: [], why: '' }],
      lostReasons: [],
    });
    await vera.page.goto(`${url}/setup`);
    await vera.page.getByRole('link', { name: /^Refits/ }).waitFor();
    assert.equal(
      await vera.page.getByRole('main').getByRole('link', { name: /Sales/ }).count(),
      1,
      'the company’s pipeline leads nowhere',
    );
    assert.equal(await vera.page.getByRole('link', { name: 'Fields' }).count(), 0);
    await vera.page.goto(editor);
    await vera.page.getByText('another department looks after it').waitFor();
    await vera.page.goto(`${url}/setup/fields`);
    await vera.page.getByText('You have nothing to set up').waitFor();
    assert.deepEqual(vera.errors, []);
  });

  assert.deepEqual([...ana.errors, ...ben.errors], []);
});
