// All main screens in all four languages, on a phone: no text is missing, nothing
// is wider than the screen, and money and dates are written as people there do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scene, screens, setupScreens } from './tour.mjs';

const languages = {
  en: { locale: 'en-GB', money: '€42,424.50', date: '14 Mar 2027' },
  ru: { locale: 'ru-RU', money: '42 424,50 €', date: '14 мар. 2027 г.' },
  es: { locale: 'es-ES', money: '42.424,50 €', date: '14 mar 2027' },
  'zh-Hant': { locale: 'zh-TW', money: '€42,424.50', date: '2027年3月14日' },
};

/** What is wider than the screen. */
const tooWide = (page) =>
  page.evaluate(() => {
    const wide = document.documentElement.scrollWidth > innerWidth;
    const main = document.querySelector('main');
    return wide || (main && main.scrollWidth > main.clientWidth + 1)
      ? [...document.querySelectorAll('main *')]
          .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
          .filter((element) => !element.closest('table, [role="tablist"], [data-wide]'))
          .slice(0, 3)
          .map((element) => `${element.tagName}.${element.className} ${element.textContent.slice(0, 40)}`)
          .concat('wide')
      : [];
  });

/** Buttons whose words do not fit into them. */
const cutOff = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('button, a.mantine-Button-root')]
      .filter((button) => {
        const words = document.createTreeWalker(button, NodeFilter.SHOW_TEXT);
        const { left, right } = button.getBoundingClientRect();
        for (let text = words.nextNode(); text; text = words.nextNode()) {
          if (text.parentElement.closest('.visually-hidden')) continue;
          const range = document.createRange();
          range.selectNodeContents(text);
          const at = range.getBoundingClientRect();
          if (at.width > 0 && (at.right > right + 1 || at.left < left - 1)) return true;
        }
        return false;
      })
      .map((button) => button.textContent),
  );

test('languages', { timeout: 120_000 }, async (t) => {
  const at = await scene(t);
  const cookies = await at.ana.context.cookies();
  for (const [language, { locale, money, date }] of Object.entries(languages)) {
    await t.test(language, async () => {
      const context = await at.browser.newContext({ viewport: { width: 360, height: 740 }, locale, hasTouch: true });
      context.setDefaultTimeout(15_000);
      const page = await context.newPage();
      const complaints = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error' && !/status of 401/.test(message.text())) complaints.push(message.text());
      });
      await page.goto(at.url);
      await page.locator('input[type="password"]').waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.lang), language);
      assert.deepEqual(await tooWide(page), [], 'sign-in');
      await context.addCookies(cookies);
      await context.addInitScript(
        (chosen) => localStorage.setItem('rapport-preferences', JSON.stringify({ language: chosen })),
        language,
      );
      for (const [name, path, there] of [...screens(at), ...setupScreens(at)]) {
        await page.goto(at.url + path);
        await page.locator(there).first().waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.lang), language, name);
        assert.deepEqual(await tooWide(page), [], `${name} in ${language}`);
        assert.deepEqual(await cutOff(page), [], `${name} in ${language}`);
        const words = await page.locator('body').textContent();
        // A key instead of its message: "board.newDeal".
        assert.doesNotMatch(
          words,
          /\b(app|auth|board|customers|deal|devices|field|imports|members|problem|record|setup|trash|ui)\.[a-z]\w+/,
        );
        if (name === 'deal') {
          const shown = (await page.getByTestId('deal-drawer').textContent()).replace(/[\u00a0\u202f]/g, ' ');
          assert.ok(shown.includes(money), `${money} in ${shown}`);
          assert.ok(shown.includes(date), `${date} in ${shown}`);
        }
      }
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }
});
