// What was done without a network and cannot be done any more when it is sent: the
// person hears what and why, wherever he is by then, and has his words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, cardIn, company, deal, hire, id, stages, storedPipeline } from './company.mjs';
import { person } from './harness.mjs';

test('[M5] what is refused when it is sent', { timeout: 90_000 }, async (t) => {
  const { url, browser, ana, api: anaApi, office } = await company(t);
  const paul = await person(browser);
  const paulApi = api(url, paul.context);
  const paulId = await hire(anaApi, paulApi, { name: 'Paul Weber', departmentId: office.company, role: 'lead' });
  const { page, context, errors } = paul;
  const [first] = stages(office.pipeline);
  const board = `${url}/boards/${office.board.id}`;
  const drawer = page.getByTestId('deal-drawer');
  const field = (key) => drawer.locator(`[data-field="${key}"]`);
  const told = page.getByTestId('refusals').getByRole('alert');
  const live = (state) => page.locator(`[data-testid="live"][data-state="${state}"]`).waitFor();
  const open = async (dealId) => {
    await page.goto(`${board}?deal=${dealId}`);
    await field('nextStep').waitFor();
    await live('live');
  };
  const goOffline = async () => {
    await context.setOffline(true);
    await live('offline');
  };
  const write = async (words) => {
    await field('nextStep').getByRole('button').first().click();
    await field('nextStep').getByRole('textbox').fill(words);
    await page.keyboard.press('Enter');
    await field('nextStep').getByText(words).waitFor();
  };
  const closeDrawer = async () => {
    await drawer.getByRole('button', { name: 'Close', exact: true }).click();
    await drawer.waitFor({ state: 'detached' });
  };
  const understood = async () => {
    await told.getByRole('button', { name: 'Understood' }).click();
    await told.waitFor({ state: 'detached' });
  };

  await t.test('the record was thrown away: reason and words, though its drawer is closed', async () => {
    const anchor = await deal(anaApi, { title: 'Anchor', nextStep: 'Call' });
    await open(anchor);
    await goOffline();
    await write('Ask the harbour master');
    await closeDrawer();
    await anaApi.command('record.trash', { id: anchor });
    await context.setOffline(false);
    for (const words of ['Anchor: Next step changed', 'This is not here any more', 'Ask the harbour master'])
      await told.getByText(words).waitFor();
    await cardIn(page, first, anchor).waitFor({ state: 'detached' });
    await page.reload();
    await told.getByText('Ask the harbour master').waitFor(); // until it is read
    await understood();
    await page.reload();
    await live('live');
    assert.equal(await told.count(), 0);
  });

  await t.test('the stage is gone: the card is where it was, and the stage is named', async () => {
    const berth = id();
    const saveStages = async (next) => {
      const { v, f } = await storedPipeline(anaApi, office.pipeline.f.name);
      await anaApi.command('pipeline.save', {
        id: office.pipeline.id,
        basedOn: v,
        name: f.name,
        departmentId: '',
        stages: next.map((stage) => ({ requires: [], from: [], why: '', idleDays: 0, ...stage })),
        lostReasons: ['Price'],
      });
    };
    const before = office.pipeline.f.stages;
    const added = { id: berth, name: 'Berth', kind: 'open', probability: 20 };
    await saveStages([before[0], added, ...before.slice(1)]);
    const beacon = await deal(anaApi, { title: 'Beacon' });
    await page.goto(board);
    await page.locator(`[data-stage="${berth}"]`).waitFor();
    await live('live');
    await goOffline();
    await cardIn(page, first, beacon).press('Alt+ArrowRight');
    await cardIn(page, berth, beacon).waitFor();
    await saveStages(before);
    await context.setOffline(false);
    const notice = page.getByRole('alert').filter({ hasText: 'Beacon' });
    await notice.getByText('There is no such stage').waitFor();
    await cardIn(page, first, beacon).waitFor();
    await page.getByRole('button', { name: 'All right' }).click();
  });

  await t.test('the right is gone: his words are told, and why', async () => {
    const canvas = await deal(anaApi, { title: 'Canvas', nextStep: 'Call' });
    await open(canvas);
    await goOffline();
    await write('Send the offer');
    await anaApi.command('member.set', { userId: paulId, departmentId: office.company, role: 'member' });
    await context.setOffline(false);
    await page.getByText('You may not do this').first().waitFor();
    assert.equal(await field('nextStep').getByRole('textbox').inputValue(), 'Send the offer');
    assert.equal((await anaApi.get(`/api/v1/records/${canvas}`)).record.f.nextStep, 'Call');
  });
  assert.deepEqual([...errors, ...ana.errors], []);
});
