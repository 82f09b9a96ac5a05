// A device whose clock is wrong by days: ages, "just now", what is late, the order
// of comments and how live the screen is are those of everybody else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cardIn, company, deal, stages } from './company.mjs';
import { person, until } from './harness.mjs';

const dayMs = 86_400_000;
const dayOf = (at) => new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Madrid' }).format(at);

/** Sets the clock of a browser wrong before anything runs in it. */
const setWrong = (context, byMs) =>
  context.addInitScript((by) => {
    const RightDate = Date;
    class WrongDate extends RightDate {
      constructor(...given) {
        if (given.length === 0) super(RightDate.now() + by);
        else super(...given);
      }
      static now() {
        return RightDate.now() + by;
      }
    }
    globalThis.Date = WrongDate;
  }, byMs);

test('[M15] a clock that is wrong by days', { timeout: 90_000 }, async (t) => {
  const { url, browser, ana, api, office } = await company(t);
  const [first, second] = stages(office.pipeline);
  const now = Date.now();
  const made = {
    late: await deal(api, { title: 'Anchor', nextStep: 'Call', nextStepOn: dayOf(now - 2 * dayMs) }),
    today: await deal(api, { title: 'Beacon', nextStep: 'Call', nextStepOn: dayOf(now) }),
    soon: await deal(api, { title: 'Canvas', nextStep: 'Call', nextStepOn: dayOf(now + 2 * dayMs) }),
  };
  await api.command('comment.add', { id: ulidOf(now), recordId: made.today, text: 'The first word' });
  await api.post('/api/v1/invitations', {
    email: 'ines@example.com',
    name: 'Ines',
    departmentId: office.company,
    role: 'member',
  });

  for (const [name, wrongBy] of [
    ['ahead by three days', 3 * dayMs],
    ['behind by three days', -3 * dayMs],
    ['ahead by two years', 730 * dayMs],
  ]) {
    await t.test(`a device ${name}`, async () => {
      const { context, page, errors } = await person(browser);
      await context.addCookies(await ana.context.cookies());
      await setWrong(context, wrongBy);
      await page.goto(`${url}/boards/${office.board.id}?deal=${made.today}`);
      const drawer = page.getByTestId('deal-drawer');
      await page.locator('[data-testid="live"][data-state="live"]').waitFor();
      assert.ok(Math.abs((await page.evaluate(() => Date.now())) - Date.now()) > dayMs, 'the clock is wrong');
      const words = async (id) => await page.locator(`[data-deal="${id}"]`).textContent();
      for (const [id, says, not] of [
        [made.late, /Late by 2 days/, undefined],
        [made.today, /Call/, /Late by/],
        [made.soon, /Call/, /Late by/],
      ]) {
        assert.match(await words(id), says);
        await page.locator(`[data-deal="${id}"]`).getByText('0 d', { exact: true }).waitFor();
        if (not) assert.doesNotMatch(await words(id), not);
      }
      const comments = drawer.getByRole('region', { name: /comment/ }).getByRole('listitem');
      const before = await comments.count();
      const comment = drawer.getByLabel('Comment', { exact: true });
      await comment.fill(`From a device ${name}`);
      await page.keyboard.press('Control+Enter');
      await until('the comment is sent', async () => (await drawer.getByText('not sent yet').count()) === 0);
      await comments.nth(before).getByText(`From a device ${name}`).waitFor();
      await comments.nth(before).getByText('just now').waitFor();
      await cardIn(page, first, made.soon).press('Alt+ArrowRight');
      await cardIn(page, second, made.soon).getByText('0 d', { exact: true }).waitFor();
      await page.keyboard.press('Control+z');
      await cardIn(page, first, made.soon).waitFor();
      await page.getByLabel('New deal in New').fill(`Dock ${name} today`);
      await page.keyboard.press('Enter');
      const dock = `Dock ${name}`;
      await until('the deal is due today', async () => {
        const { records } = await api.get('/api/v1/records?type=deal');
        return records.find(({ f }) => f.title === dock)?.f.nextStepOn === dayOf(Date.now());
      });
      await page.getByRole('link', { name: 'People' }).click();
      await page.getByText('Open until').waitFor();
      await comment.waitFor({ state: 'detached' });
      await page.goBack();
      assert.match(await page.getByTestId('live').textContent(), /live \d\.\d s/);
      assert.deepEqual(errors, []);
      await context.close();
    });
  }
});

/** An id that was made at this moment. */
function ulidOf(at) {
  const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let time = '';
  for (let rest = at, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = letters[rest % 32] + time;
  return time + '0'.repeat(16);
}
