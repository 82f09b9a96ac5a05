// Two people of two departments, two browsers, one board – on the embedded store,
// and on MongoDB with two servers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, cardIn, department, hire, id, setUp, stages } from './company.mjs';
import { folder, freePort, person, startBrowser, startMongo, startRapport, until } from './harness.mjs';

for (const store of ['the embedded store', 'MongoDB with two servers']) {
  test(`two departments share a live board on ${store}`, { timeout: 240_000 }, async (t) => {
    const mongoUri = store === 'the embedded store' ? undefined : await startMongo(t);
    const where = { data: folder(t), mongoUri, database: 'rapport-e2e', port: await freePort() };
    const first = await startRapport(t, where);
    const second = mongoUri ? await startRapport(t, { ...where, port: await freePort() }) : first;
    const browser = await startBrowser(t);
    const ana = await person(browser);
    const paul = await person(browser);
    const anaApi = api(first.url, ana.context);
    const paulApi = api(second.url, paul.context);
    const office = await setUp(anaApi);
    const [from, to] = stages(office.pipeline);
    const marketing = await department(anaApi, 'Marketing', office.company);
    await hire(anaApi, paulApi, { name: 'Paul Weber', departmentId: marketing, role: 'member' });
    const deal = id();
    await anaApi.command('record.create', {
      type: 'deal',
      id: deal,
      values: { title: 'Refit of the ferry line', amount: { amount: 4_242_400, currency: 'EUR' } },
    });
    await anaApi.command('board.share', {
      boardId: office.board.id,
      departmentId: marketing,
      fields: [],
      actions: ['see', 'comment'],
    });

    await t.test('both see the deal, one of them without its amount', async () => {
      await ana.page.goto(`${first.url}/boards/${office.board.id}`);
      await paul.page.goto(`${second.url}/boards/${office.board.id}`);
      await cardIn(ana.page, from, deal).waitFor();
      await cardIn(paul.page, from, deal).waitFor();
      assert.match(await cardIn(ana.page, from, deal).textContent(), /42,424/);
      assert.match(await cardIn(paul.page, from, deal).textContent(), /not shared with you/i);
    });

    await t.test('the board says who sees it, and follows when what is shared changes', async () => {
      const chip = ana.page.getByTestId('visible-to');
      await chip.getByText('Harbour & Finch and Marketing (without amounts) see this board').waitFor();
      const share = { boardId: office.board.id, departmentId: marketing, actions: ['see', 'comment'] };
      await anaApi.command('board.share', { ...share, fields: ['money'] });
      await chip.getByText('Harbour & Finch and Marketing see this board').waitFor();
      await cardIn(paul.page, from, deal).getByText('42,424').waitFor();
      await anaApi.command('board.share', { ...share, fields: [] });
      await chip.getByText('Marketing (without amounts)').waitFor();
      await cardIn(paul.page, from, deal).getByText('not shared with you').waitFor();
      paul.frames.length = 0; // what he saw meanwhile he was allowed to see
    });

    await t.test('a move by keyboard is on the other screen, in the other stage', async () => {
      await cardIn(ana.page, from, deal).focus();
      await ana.page.keyboard.press('Alt+ArrowRight');
      await cardIn(ana.page, to, deal).waitFor();
      await cardIn(paul.page, to, deal).waitFor();
    });

    await t.test('undo brings it back on both', async () => {
      await ana.page.keyboard.press('Control+z');
      await cardIn(ana.page, from, deal).waitFor();
      await cardIn(paul.page, from, deal).waitFor();
    });

    await t.test('keys that are pressed faster than cards are drawn lose no step', async () => {
      const open = stages(office.pipeline);
      await cardIn(ana.page, from, deal).focus();
      for (let step = 1; step < open.length; step++) await ana.page.keyboard.press('Alt+ArrowRight', { delay: 0 });
      await cardIn(paul.page, open.at(-1), deal).waitFor();
      for (let step = 1; step < open.length; step++) await ana.page.keyboard.press('Alt+ArrowLeft', { delay: 0 });
      await cardIn(paul.page, from, deal).waitFor();
    });

    await t.test('no frame and no answer of the other ever held the amount', async () => {
      const { tables } = await paulApi.get(`/api/v1/boards/${office.board.id}`);
      assert.ok(
        paul.frames.some((frame) => frame.includes(deal)),
        'the moves did arrive',
      );
      for (const bytes of [
        ...paul.frames,
        JSON.stringify(tables),
        JSON.stringify(await paulApi.get(`/api/v1/records/${deal}`)),
        JSON.stringify(await paulApi.get(`/api/v1/records/${deal}/history`)),
      ]) {
        assert.ok(!bytes.includes('4242400') && !bytes.includes('"amount"'), bytes.slice(0, 300));
      }
    });

    await t.test('a board that is no longer shared disappears', async () => {
      await anaApi.command('board.unshare', { boardId: office.board.id, departmentId: marketing });
      await until('the card is gone', async () => (await paul.page.locator(`[data-deal="${deal}"]`).count()) === 0);
      const refused = await paul.context.request.get(`${second.url}/api/v1/boards/${office.board.id}`);
      assert.equal(refused.status(), 404);
    });

    assert.deepEqual([...ana.errors, ...paul.errors], []);
  });
}
