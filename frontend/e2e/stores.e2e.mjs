// A browser that throws its stores away while things wait to be sent, as phones do
// with pages that were not visited for some days, and one that never keeps anything.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cardIn, company, deal, stages } from './company.mjs';
import { until } from './harness.mjs';

test('[M3] stores that are thrown away', { timeout: 60_000 }, async (t) => {
  const { url, ana, api, office } = await company(t);
  const { context, errors } = ana;
  const refit = await deal(api, { title: 'Refit of the ferry line', nextStep: 'Call' });
  const [first, second, third] = stages(office.pipeline);
  const address = `${url}/boards/${office.board.id}?deal=${refit}`;
  // Beside the app: its own page may be closed while its stores go.
  const aside = await context.newPage();
  const devtools = await context.newCDPSession(aside);
  const throwAway = () => devtools.send('Storage.clearDataForOrigin', { origin: url, storageTypes: 'indexeddb' });
  const databases = (page) => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  const record = async () => (await api.get(`/api/v1/records/${refit}`)).record;
  const history = async () => (await api.get(`/api/v1/records/${refit}/history`)).entries.map(({ command }) => command);

  let page = ana.page;
  const parts = () => ({
    drawer: page.getByTestId('deal-drawer'),
    badge: page.getByTestId('live'),
    nextStep: page.getByTestId('deal-drawer').locator('[data-field="nextStep"]'),
    comment: page.getByLabel('Comment', { exact: true }),
  });
  const open = async () => {
    await page.goto(address);
    await parts().nextStep.waitFor();
    await page.locator('[data-testid="live"][data-state="live"]').waitFor();
  };
  const workWithoutNetwork = async (words, from, to) => {
    await context.setOffline(true);
    await page.locator('[data-testid="live"][data-state="offline"]').waitFor();
    await parts().nextStep.getByRole('button').first().click();
    await parts().nextStep.getByRole('textbox').fill(words);
    await page.keyboard.press('Enter');
    await parts().comment.fill(`${words}, they say`);
    await page.keyboard.press('Control+Enter');
    await cardIn(page, from, refit).press('Alt+ArrowRight');
    await cardIn(page, to, refit).waitFor();
    await parts().badge.getByText('3 not sent yet').waitFor();
  };

  await t.test('while the page is open: what waits still waits, is still counted, and is sent once', async () => {
    await open();
    await workWithoutNetwork('Visit the yard', first, second);
    await throwAway();
    assert.deepEqual(await databases(page), [], 'the store is gone');
    await parts().badge.getByText('3 not sent yet').waitFor();
    await cardIn(page, second, refit).press('Alt+ArrowRight');
    await cardIn(page, third, refit).waitFor();
    await parts().badge.getByText('4 not sent yet').waitFor();
    await context.setOffline(false);
    await until('all of it is sent', async () => (await parts().badge.getByText('not sent yet').count()) === 0);
    const { f } = await record();
    assert.deepEqual([f.nextStep, f.stageId], ['Visit the yard', third]);
    assert.deepEqual(await history(), ['deal.move', 'deal.move', 'record.edit', 'record.create']);
    assert.equal((await api.get(`/api/v1/records/${refit}`)).related.length, 1);
  });

  await t.test('while the page is closed: he had been told, and nothing claims that it was sent', async () => {
    const before = await history();
    await workWithoutNetwork('Ask the bank', third, stages(office.pipeline)[3]);
    await page.close();
    await throwAway();
    await context.setOffline(false);
    page = await context.newPage();
    page.on('pageerror', (error) => errors.push(String(error)));
    await open();
    await parts().nextStep.getByText('Visit the yard').waitFor();
    await cardIn(page, third, refit).waitFor();
    for (const words of ['Ask the bank', 'not sent yet', 'Kept here'])
      assert.equal(await page.getByText(words).count(), 0, words);
    assert.equal(await page.getByRole('status').filter({ hasText: 'Undo' }).count(), 0);
    assert.deepEqual(await history(), before);
  });
  assert.deepEqual(errors, []);
});

const refusing = {
  'a browser that has no room': () => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('The disk is full.', 'QuotaExceededError');
    };
  },
  'a browser that allows no IndexedDB': () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('Not in a private window.', 'InvalidStateError');
    };
  },
};

for (const [name, refuse] of Object.entries(refusing)) {
  test(`[M4] ${name} works, and says that what is not sent is lost with the page`, { timeout: 60_000 }, async (t) => {
    const { url, ana, api, office } = await company(t);
    const { context, page, errors } = ana;
    const refit = await deal(api, { title: 'Refit of the ferry line', nextStep: 'Call' });
    const [first, second, third] = stages(office.pipeline);
    const live = (state) => page.locator(`[data-testid="live"][data-state="${state}"]`).waitFor();
    const waits = page.getByTestId('live').getByText('1 not sent yet');
    const notice = page.getByTestId('unkept').getByText('This browser keeps nothing');
    const asked = [];
    page.on('dialog', async (dialog) => {
      asked.push(dialog.type());
      await dialog.dismiss(); // stay
    });
    await context.addInitScript(refuse);
    await page.goto(`${url}/boards/${office.board.id}`);
    await live('live');
    await cardIn(page, first, refit).press('Alt+ArrowRight');
    await cardIn(page, second, refit).waitFor();
    await until('it is sent', async () => (await api.get(`/api/v1/records/${refit}`)).record.f.stageId === second);

    await context.setOffline(true);
    await live('offline');
    await cardIn(page, second, refit).press('Alt+ArrowRight');
    await cardIn(page, third, refit).waitFor();
    await waits.waitFor();
    await notice.waitFor();
    await page.getByText('Not sent yet, and this browser keeps nothing').waitFor();
    assert.equal(await page.getByText('Kept here').count(), 0);
    await page.reload({ timeout: 2_000 }).catch(() => undefined); // he stays
    assert.deepEqual(asked, ['beforeunload']);
    await waits.waitFor();

    await context.setOffline(false);
    await until('it is sent, too', async () => (await api.get(`/api/v1/records/${refit}`)).record.f.stageId === third);
    await notice.waitFor({ state: 'detached' });
    await live('live');
    await page.reload();
    await cardIn(page, third, refit).waitFor();
    assert.deepEqual(asked, ['beforeunload'], 'nothing is lost: nothing is asked');
    assert.deepEqual(errors, []);
  });
}
