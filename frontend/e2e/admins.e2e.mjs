// [E7] Two admins decide the same thing at the same time: one of them in a browser, the other just before.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, company, department, hire } from './company.mjs';
import { person, until } from './harness.mjs';

/** Lets something happen between the press of a button and the arrival of its command. */
const justBefore = (page, command, happens) =>
  page.route(
    `**/api/v1/commands/${command}`,
    async (route) => {
      await happens();
      await route.continue();
    },
    { times: 1 },
  );

test('two admins decide at once', { timeout: 60_000 }, async (t) => {
  const { url, browser, ana, api: anaApi, office } = await company(t);
  const { page } = ana;
  const ben = api(url, (await person(browser)).context);
  const paul = api(url, (await person(browser)).context);
  const sales = await department(anaApi, 'Sales', office.company);
  await hire(anaApi, ben, { name: 'Ben Okafor', departmentId: office.company, role: 'admin' });
  const paulId = await hire(anaApi, paul, { name: 'Paul Weber', departmentId: sales, role: 'member' });

  const stored = async () => {
    const { records } = await anaApi.get('/api/v1/bootstrap');
    return records.find(({ t: type, f }) => type === 'membership' && f.userId === paulId && f.departmentId === sales);
  };

  await t.test('a role that the other has just given stays, and its giver is named', async () => {
    await page.goto(`${url}/people`);
    const role = page.getByLabel('Role of Paul Weber');
    await justBefore(page, 'member.set', () => ben.command('member.set', { userId: paulId, departmentId: sales, role: 'guest' }));
    await role.selectOption('head');
    const refused = page.getByTestId('refusals').getByRole('alert');
    await refused.getByText('Paul Weber is now Head').waitFor();
    await refused.getByText('Changed meanwhile by Ben Okafor.').waitFor();
    await page.locator('option:checked', { hasText: 'Guest' }).waitFor({ state: 'attached' });
    await refused.getByRole('button', { name: 'Understood' }).click();
    await role.selectOption('head');
    await page.getByText('Paul Weber is now Head').waitFor();
    await page.locator('option:checked', { hasText: 'Head' }).waitFor({ state: 'attached' });
  });

  await t.test('who chooses again before the first choice is there has not been overtaken', async () => {
    const role = page.getByLabel('Role of Paul Weber');
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await justBefore(page, 'member.set', () => held);
    await role.selectOption('lead');
    await role.selectOption('guest');
    release();
    await page.locator('option:checked', { hasText: 'Guest' }).waitFor({ state: 'attached' });
    await until('both are done', async () => (await stored()).f.role === 'guest');
    assert.equal(await page.getByTestId('refusals').getByRole('alert').count(), 0);
  });

  await t.test('who is taken out has not been given another role just before', async () => {
    await justBefore(page, 'member.set', () =>
      ben.command('member.set', { userId: paulId, departmentId: sales, role: 'member' }),
    );
    await page.getByRole('button', { name: 'More for Paul Weber' }).click();
    await page.getByRole('menuitem', { name: 'Take out of this department' }).click();
    await page.getByTestId('refusals').getByText('Changed meanwhile by Ben Okafor.').waitFor();
    assert.equal((await stored()).f.role, 'member');
  });

  await t.test('what the other shares meanwhile is told before one shares, and not swept away', async () => {
    const share = { boardId: office.board.id, departmentId: sales, actions: ['see'] };
    await page.goto(`${url}/boards/${office.board.id}`);
    await page.getByTestId('visible-to').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Share with a department' }).click();
    await page.getByRole('option', { name: 'Sales' }).click();
    await dialog.getByRole('checkbox', { name: 'comment', exact: true }).check();
    await ben.command('board.share', { ...share, fields: ['money'] });
    await dialog.getByText('Ticked now: amounts.').waitFor();
    await justBefore(page, 'board.share', () => ben.command('board.share', { ...share, fields: ['notes'] }));
    await dialog.getByRole('button', { name: 'Share', exact: true }).click();
    await dialog.getByText('Ticked now: notes and comments.').waitFor();
    await dialog.getByRole('button', { name: 'Share', exact: true }).click();
    await dialog.getByText('without amounts, telephone, e-mail and address or notes and comments').waitFor();
    await justBefore(page, 'board.unshare', () => ben.command('board.share', { ...share, fields: ['money'] }));
    await dialog.getByRole('button', { name: 'End' }).click();
    await dialog.getByText('Somebody else changed this meanwhile.').waitFor();
    await dialog.getByText('without telephone, e-mail and address or notes and comments').waitFor();
    await dialog.getByRole('button', { name: 'End' }).click();
    await until('it is shared with nobody', async () => (await dialog.getByRole('button', { name: 'End' }).count()) === 0);
    assert.equal(await dialog.getByRole('alert').count(), 0);
  });

  await t.test('one’s own share is nobody else’s', async () => {
    const dialog = page.getByRole('dialog');
    await page.evaluate(() => {
      window.alerts = 0;
      new MutationObserver(() => {
        window.alerts += document.querySelectorAll('[role="dialog"] [role="alert"]').length;
      }).observe(document.body, { childList: true, subtree: true });
    });
    // The change is on the screen before the answer that it was done.
    await page.route('**/api/v1/commands/board.share', async (route) => {
      const answer = await route.fetch();
      await page.getByTestId('visible-to').getByText('Sales').waitFor();
      await route.fulfill({ response: answer });
    });
    await dialog.getByRole('combobox', { name: 'Share with a department' }).click();
    await page.getByRole('option', { name: 'Sales' }).click();
    await dialog.getByRole('button', { name: 'Share', exact: true }).click();
    await dialog.getByRole('button', { name: 'Share', exact: true }).waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => window.alerts), 0);
  });
});
