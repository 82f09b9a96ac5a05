// Language, look and size of type are switched in the middle of writing: each text
// is where it was, and a number stays the number it was written as.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { company, deal } from './company.mjs';
import { person, until } from './harness.mjs';

/** Goes to the own page, as one does in the app, and switches there; `words` are those of the language of before. */
async function switchTo(page, words, language, { dark, big }) {
  await page.getByRole('link', { name: /Ana Ferrer/ }).click();
  await page.getByLabel(words.language, { exact: true }).selectOption(language);
  await page.locator(`html[lang="${language}"]`).waitFor();
  const look = dark ? 'dark' : 'light';
  await page.locator(`input[type="radio"][value="${look}"]`).evaluate((radio) => radio.click());
  await page.locator(`html[data-mantine-color-scheme="${look}"]`).waitFor();
  await page.getByRole('switch').setChecked(big, { force: true });
  await page.locator(`html${big ? '[data-big-type]' : ':not([data-big-type])'}`).waitFor();
}

test('[M14] switched in the middle of writing', { timeout: 60_000 }, async (t) => {
  const { url, browser, ana, api, office } = await company(t);
  const { page, errors } = ana;
  const refit = await deal(api, { title: 'Refit of the ferry line', nextStep: 'Call', amount: { amount: 100, currency: 'EUR' } });
  const drawer = page.getByTestId('deal-drawer');
  const field = (key) => drawer.locator(`[data-field="${key}"]`);
  const comment = drawer.locator('textarea').last();
  const quickAdd = page.locator('[data-stage] form input').first();
  const words = {
    es: { language: 'Idioma', boards: 'Tableros', customers: 'Clientes', create: 'Cliente nuevo' },
    ru: { language: 'Язык', boards: 'Доски', customers: 'Клиенты', create: 'Новый клиент' },
  };
  const toDeal = async (language) => {
    await page.getByRole('link', { name: words[language].boards, exact: true }).click();
    await page.locator(`main a[href*="/boards/${office.board.id}"]`).first().click();
    await page.locator(`[data-deal="${refit}"]`).click();
  };

  await t.test('half a field, an amount, a comment, a new deal and a new customer outlive the way to the switch', async () => {
    await page.goto(`${url}/me`);
    await page.getByLabel('Language', { exact: true }).selectOption('es');
    await page.locator('html[lang="es"]').waitFor();
    await toDeal('es');
    await quickAdd.fill('Dársena 12k');
    await field('nextStep').getByRole('button').first().click();
    await field('nextStep').getByRole('textbox').fill('Visitar el ast');
    await field('amount').getByRole('button').first().click();
    await field('amount').getByRole('textbox').fill('1.234,50');
    await comment.fill('Quieren el barco en');
    await page.getByRole('link', { name: words.es.customers, exact: true }).click();
    await page.getByRole('button', { name: words.es.create }).first().click();
    await page.getByRole('dialog').getByRole('textbox').first().fill('Astilleros del N');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await switchTo(page, words.es, 'ru', { dark: true, big: true });
    await toDeal('ru');
    assert.equal(await quickAdd.inputValue(), 'Dársena 12k');
    assert.equal(await field('nextStep').getByRole('textbox').inputValue(), 'Visitar el ast');
    assert.match(await field('amount').getByRole('textbox').inputValue(), /^1234,50?$/);
    assert.equal(await comment.inputValue(), 'Quieren el barco en');
    await page.getByRole('link', { name: words.ru.customers, exact: true }).click();
    await page.getByRole('button', { name: words.ru.create }).first().click();
    assert.equal(await page.getByRole('dialog').getByRole('textbox').first().inputValue(), 'Astilleros del N');
    await page.keyboard.press('Escape');
  });

  await t.test('an amount written with a comma is that amount in a language with a point', async () => {
    await switchTo(page, words.ru, 'en', { dark: false, big: false });
    await page.goto(`${url}/boards/${office.board.id}?deal=${refit}`);
    assert.match(await field('amount').getByRole('textbox').inputValue(), /^1234\.50?$/);
    await field('amount').getByRole('textbox').press('Enter');
    await until('it is saved', async () => (await api.get(`/api/v1/records/${refit}`)).record.f.amount.amount === 123_450);
  });

  await t.test('the system turns dark under the hands: text, caret and focus stay', async () => {
    await page.evaluate(() => localStorage.removeItem('rapport-preferences'));
    await page.reload();
    const input = field('nextStep').getByRole('textbox');
    await input.fill('Visit the yard');
    await input.evaluate((element) => element.setSelectionRange(5, 5));
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
    await page.keyboard.type(' soon');
    assert.equal(await input.inputValue(), 'Visit soon the yard');
  });

  await t.test('on the very page of the switch nothing typed goes either, nor at the door', async () => {
    await page.goto(`${url}/me`);
    await page.getByLabel('Present password').fill('half of a sen');
    await page.getByLabel('Language', { exact: true }).selectOption('zh-Hant');
    await page.locator('html[lang="zh-Hant"]').waitFor();
    assert.equal(await page.locator('input[autocomplete="current-password"]').inputValue(), 'half of a sen');
    const other = await person(browser);
    await other.page.goto(url);
    await other.page.getByLabel('E-mail').fill('ana@exam');
    await other.page.locator('input[type="password"]').fill('half of a sen');
    await other.page.getByLabel('Language').selectOption('ru');
    await other.page.locator('html[lang="ru"]').waitFor();
    assert.equal(await other.page.locator('input[autocomplete="username"]').inputValue(), 'ana@exam');
    assert.equal(await other.page.locator('input[type="password"]').inputValue(), 'half of a sen');
    assert.deepEqual(other.errors, []);
  });
  assert.deepEqual(errors, []);
});
