// A line that breaks off while the app is on its way: the page says so in the
// reader's words, and what he can do helps.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { company } from './company.mjs';
import { person } from './harness.mjs';

const live = '[data-testid="live"][data-state="live"]';

test('the app does not come', { timeout: 90_000 }, async (t) => {
  const { url, browser, ana, office } = await company(t);
  /** Ana on a phone, where the files that match do not arrive. */
  const cutOff = async (files, options) => {
    const { context, page, errors } = await person(browser, { width: 360, height: 740, ...options });
    await context.addCookies(await ana.context.cookies());
    await page.route(files, (route) => route.abort());
    await page.goto(`${url}/boards/${office.board.id}`);
    return { page, errors, mend: () => page.unroute(files) };
  };

  await t.test('not even its first file: the page says so, and loads again', async () => {
    const { page, mend } = await cutOff('**/assets/index-*.js', { locale: 'es-ES' });
    await page.getByText('Rapport se está cargando').waitFor();
    const again = page.getByRole('link', { name: 'Cargar de nuevo' });
    await again.waitFor();
    assert.equal(await page.getByRole('link').count(), 1, 'one language is enough');
    const { scroll, client } = await page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth,
      client: document.documentElement.clientWidth,
    }));
    assert.ok(scroll <= client, 'it fits a phone');
    await mend();
    await again.click();
    await page.locator(live).waitFor();
    assert.equal(await page.getByText('Rapport se está cargando').isVisible(), false);
  });

  await t.test('not its words: they are asked for again', async () => {
    const { page, errors, mend } = await cutOff('**/assets/ru-*.js', { locale: 'ru-RU' });
    await page.getByText('Rapport загружается').waitFor();
    await mend();
    await page.locator(live).waitFor();
    assert.deepEqual(errors, []);
  });

  await t.test('not the screen: it says so in words, offers a newer version, and comes by itself', async () => {
    const { page, mend } = await cutOff('**/assets/BoardScreen-*.js', {});
    const missing = page.getByText('This part of Rapport is not loaded yet.');
    await missing.waitFor();
    await page.getByRole('button', { name: 'Load again' }).waitFor();
    await mend();
    await missing.waitFor({ state: 'detached' });
    await page.getByTestId('board-facts').waitFor();
    await page.locator(live).waitFor();
  });
});
