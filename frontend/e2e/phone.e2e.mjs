// A phone of 360 px under a thumb: one stage at a time, moves without dragging,
// targets that a finger hits, and no page wider than the screen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cardIn, deal } from './company.mjs';
import { scene, screens, setupScreens } from './tour.mjs';

const least = 44;

/** What can be pressed within an element and is smaller than a finger, as seen on the screen. */
const tooSmall = (scope) =>
  scope.evaluate((element, size) => {
    const targets = element.querySelectorAll('a, button, select, input:not([type="hidden"]), [role="tab"], [role="option"]');
    return [...targets]
      .filter((target) => target.getClientRects().length > 0 && getComputedStyle(target).visibility !== 'hidden')
      .map((target) => ({ target, box: (target.closest('label') ?? target).getBoundingClientRect() }))
      .filter(({ box }) => box.height < size - 0.5 || box.width < size - 0.5)
      .map(
        ({ target, box }) =>
          `${target.tagName} ${target.textContent.slice(0, 30)} ${Math.round(box.width)}×${Math.round(box.height)}`,
      );
  }, least);

test('a phone', { timeout: 60_000 }, async (t) => {
  const at = await scene(t, { width: 360, height: 740, hasTouch: true, isMobile: true });
  const { url, ana, office, refit, first, second } = at;
  const { page, errors } = ana;

  await t.test('shows one stage at a time, and its tabs lead to the others', async () => {
    await page.goto(`${url}/boards/${office.board.id}`);
    const tabs = page.getByRole('tab');
    await tabs.first().waitFor();
    assert.equal(await tabs.count(), office.pipeline.f.stages.length);
    await page.locator(`[data-stage="${first}"]`).waitFor();
    assert.equal(await page.locator('[data-stage]').count(), 1);
    await tabs.nth(1).tap();
    await cardIn(page, second, refit).waitFor();
    assert.equal(await page.locator('[data-stage]').count(), 1);
  });

  await t.test('moves a card by a sheet, under the thumb', async () => {
    await cardIn(page, second, refit).getByRole('button', { name: /^Move/ }).tap();
    const sheet = page.getByRole('dialog');
    await sheet.getByRole('button', { name: 'Proposal' }).waitFor();
    assert.deepEqual(await tooSmall(sheet), []);
    await sheet.getByRole('button', { name: 'Proposal' }).tap();
    await page.getByRole('tab', { name: /Proposal/ }).tap();
    await page.locator(`[data-deal="${refit}"]`).waitFor();
  });

  await t.test('the bar has five places or fewer, each large enough', async () => {
    const bar = page.getByRole('navigation').filter({ visible: true });
    assert.ok((await bar.getByRole('link').count()) <= 5);
    assert.deepEqual(await tooSmall(bar), []);
  });

  await t.test('a deal takes the whole screen and gives it back', async () => {
    await page.locator(`[data-deal="${refit}"]`).tap();
    const drawer = page.getByTestId('deal-drawer');
    await drawer.waitFor();
    assert.equal((await drawer.boundingBox()).width, 360);
    await drawer.getByRole('button', { name: 'Close', exact: true }).tap();
    await drawer.waitFor({ state: 'detached' });
  });

  await t.test(
    '[H12] a title without end does not push the other cards away, and leaves the fields and the way back their room',
    async () => {
      const title = 'W'.repeat(480);
      const long = await deal(at.api, { title, nextStep: 'Call' });
      await page.goto(`${url}/boards/${office.board.id}`);
      const card = cardIn(page, first, long);
      await card.waitFor();
      assert.ok((await card.boundingBox()).height < 200, `${(await card.boundingBox()).height} px`);
      await card.getByRole('button', { name: /^Move/ }).waitFor();
      await page.goto(`${url}/boards/${office.board.id}?deal=${long}`);
      const drawer = page.getByTestId('deal-drawer');
      await drawer.locator('[data-field="title"]').getByText(title).waitFor();
      const nextStep = drawer.locator('[data-field="nextStep"]');
      await nextStep.getByRole('button').first().tap();
      await nextStep.getByRole('textbox').fill('Write');
      await page.keyboard.press('Enter');
      await page.getByRole('status').getByRole('button', { name: /^Undo/ }).tap();
      await nextStep.getByText('Call').waitFor();
    },
  );

  await t.test('no page is wider than the screen, and no button is smaller than a finger', async () => {
    for (const [name, path, there] of [...screens(at), ...setupScreens(at)]) {
      await page.goto(url + path);
      await page.locator(there).first().waitFor();
      const width = await page.evaluate(() => [document.documentElement.scrollWidth, document.querySelector('main').scrollWidth]);
      assert.deepEqual(width, [360, 360], name);
      const small = await page.locator('main').evaluate((main) =>
        [...main.querySelectorAll('button')]
          .filter((button) => button.getClientRects().length > 0)
          .map((button) => ({ button, box: button.getBoundingClientRect() }))
          .filter(({ box }) => box.height < 43.5)
          .map(
            ({ button, box }) => `${button.textContent || button.ariaLabel} ${Math.round(box.width)}×${Math.round(box.height)}`,
          ),
      );
      assert.deepEqual(small, [], name);
    }
  });
  assert.deepEqual(errors, []);
});
