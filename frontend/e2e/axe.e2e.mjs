// axe over the main screens and what opens on them: light and dark, desk and phone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { violations } from './axe.mjs';
import { cardIn } from './company.mjs';
import { scene, screens } from './tour.mjs';

const sizes = [
  { width: 1280, height: 800 },
  { width: 360, height: 740 },
];

/** Everything in light, and what colours decide in dark too, at both sizes. */
async function hold(page, name) {
  const complaints = [];
  for (const size of sizes) {
    await page.setViewportSize(size);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.waitForFunction(
        (scheme) =>
          document.documentElement.dataset.mantineColorScheme === scheme &&
          document.getAnimations().every(({ playState }) => playState !== 'running'),
        colorScheme,
      );
      const found = await violations(page, colorScheme === 'dark' ? ['color-contrast'] : undefined);
      complaints.push(...found.map((words) => `${name}, ${size.width} px, ${colorScheme}: ${words}`));
    }
  }
  await page.setViewportSize(sizes[0]);
  assert.deepEqual(complaints, []);
}

test('axe', { timeout: 180_000 }, async (t) => {
  const at = await scene(t);
  const { url, ana, office, refit, second, customer } = at;
  const { page } = ana;
  const dialog = page.getByRole('dialog');
  const board = `${url}/boards/${office.board.id}`;
  const go = async (path, there) => {
    await page.goto(path);
    await page.locator(there).first().waitFor();
  };

  for (const [name, path, there] of screens(at)) {
    await t.test(name, async () => {
      await go(url + path, there);
      await hold(page, name);
    });
  }

  const opened = {
    'a deal with a field being written': async () => {
      await go(`${board}?deal=${refit}`, '[data-testid="deal-drawer"] [data-field]');
      await page.locator('[data-field="nextStep"]').getByRole('button').click();
      await page.getByLabel('Comment', { exact: true }).fill('And the second ferry');
    },
    'why can I see this': async () => {
      await go(`${board}?deal=${refit}`, '[data-testid="deal-drawer"] [data-field]');
      await page.getByRole('button', { name: 'Why can I see this?' }).click();
      await page.getByText('A rule lets').waitFor();
    },
    'the move sheet': async () => {
      await go(board, `[data-deal="${refit}"]`);
      await cardIn(page, second, refit).press('v');
      await dialog.getByRole('button', { name: 'Lost' }).waitFor();
    },
    'what a stage asks for': async () => {
      await dialog.getByRole('button', { name: 'Lost' }).click();
      await dialog.getByText('Why was it lost?').waitFor();
    },
    'sharing a board': async () => {
      await go(board, `[data-deal="${refit}"]`);
      await page.getByTestId('visible-to').click();
      await dialog.getByRole('button', { name: 'Change' }).click();
    },
    'undo on offer': async () => {
      await go(board, `[data-deal="${refit}"]`);
      await cardIn(page, second, refit).press('Alt+ArrowLeft');
      await page.getByRole('button', { name: /^Undo/ }).waitFor();
    },
    'a new board': async () => {
      await go(`${url}/boards`, 'main li a');
      await page.getByRole('button', { name: 'New board' }).click();
      await dialog.waitFor();
    },
    'a menu': async () => {
      await go(`${url}/boards`, 'main li a');
      await page.getByRole('button', { name: 'More' }).click();
      await page.getByRole('menuitem').first().waitFor();
    },
    'a new customer': async () => {
      await go(`${url}/customers`, '[data-row]');
      await page.getByRole('button', { name: 'New customer' }).click();
      await dialog.waitFor();
    },
    'a customer with all fields, one of them an address': async () => {
      await go(`${url}/customers/${customer}`, '[data-field]');
      await page.getByRole('button', { name: /more field/ }).click();
      await page.locator('[data-field="address"]').getByRole('button').click();
    },
    'an invitation': async () => {
      await go(`${url}/people`, 'main h2');
      await page
        .getByRole('button', { name: /^Invite somebody/ })
        .first()
        .click();
      await dialog.waitFor();
    },
    "a person's menu": async () => {
      await go(`${url}/people`, 'main h2');
      await page.getByRole('button', { name: 'More for Paul Weber' }).click();
      await page.getByRole('menuitem').first().waitFor();
    },
    'nothing found': async () => {
      await go(`${url}/customers?q=nobody+is+called+so`, 'main p');
    },
    'the sign-in': async () => {
      await ana.context.clearCookies();
      await go(url, 'input[type="password"]');
    },
  };
  for (const [name, open] of Object.entries(opened)) {
    await t.test(name, async () => {
      await open();
      await hold(page, name);
    });
  }
});
