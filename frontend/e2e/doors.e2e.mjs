// The ways in and out: the first visit, sign-in, links, devices.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, password } from './company.mjs';
import { folder, freePort, person, startBrowser, startRapport, until } from './harness.mjs';

const field = (page, label) => page.getByLabel(label, { exact: true });
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();

async function signIn(page, url, email, word = password) {
  await page.goto(url);
  await field(page, 'E-mail').fill(email);
  await field(page, 'Password').fill(word);
  await press(page, 'Sign in');
}

/** Reads the address from the dialog of a link that was made, and leaves the dialog once it has the focus. */
async function link(page) {
  const dialog = page.getByRole('dialog');
  const address = await dialog.getByLabel('Link', { exact: true }).inputValue();
  await dialog.locator('button:focus').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  return address;
}

test('doors', { timeout: 90_000 }, async (t) => {
  const { url } = await startRapport(t, { data: folder(t), port: await freePort() });
  const browser = await startBrowser(t);
  const ana = await person(browser);
  const paul = await person(browser);
  let invitation;

  await t.test('the first visit makes the workspace and its admin', async () => {
    await ana.page.goto(url);
    await field(ana.page, 'Company').fill('Harbour & Finch');
    await field(ana.page, 'Your name').fill('Ana Ferrer');
    await field(ana.page, 'E-mail').fill('ana@example.com');
    await field(ana.page, 'Password').fill('short');
    await press(ana.page, 'Begin');
    await ana.page
      .getByText(/at least 10|shorter|too short/i)
      .first()
      .waitFor();
    assert.equal(await field(ana.page, 'Company').inputValue(), 'Harbour & Finch', 'what was typed stays');
    await field(ana.page, 'Password').fill(password);
    await press(ana.page, 'Begin');
    await ana.page.getByRole('heading', { name: 'Boards' }).waitFor();
    await ana.page.getByRole('link', { name: /Ana Ferrer/ }).waitFor();
  });

  await t.test('the second visitor sees the sign-in', async () => {
    await paul.page.goto(url);
    await paul.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(await field(paul.page, 'Company').count(), 0);
  });

  await t.test('an invitation joins; its token is in no address that a server sees', async () => {
    await ana.page.goto(`${url}/people`);
    await ana.page
      .getByRole('button', { name: /^Invite somebody/ })
      .first()
      .click();
    await ana.page.getByRole('dialog').getByLabel('E-mail').fill('paul@example.com');
    await ana.page.getByRole('dialog').getByLabel('Name').fill('Paul');
    await press(ana.page, 'Make the link');
    invitation = await link(ana.page);
    const { pathname, search, hash } = new URL(invitation);
    assert.equal(pathname + search, '/invite');
    assert.ok(hash.length > 20);
    const requests = [];
    paul.page.on('request', (request) => requests.push(request.url()));
    await paul.page.goto(invitation);
    await paul.page.getByText('You will sign in as paul@example.com').waitFor();
    assert.ok(requests.every((address) => !address.includes(hash.slice(1))));
    await field(paul.page, 'Your name').fill('Paul Weber');
    await field(paul.page, 'Password').fill(password);
    await press(paul.page, 'Join');
    await paul.page.getByRole('heading', { name: 'Boards' }).waitFor();
    await ana.page.getByText('Paul Weber').first().waitFor();
  });

  await t.test('a link works once', async () => {
    const third = await person(browser);
    await third.page.goto(invitation);
    await third.page.getByText('This link has been used, withdrawn, or is too old').waitFor();
    assert.equal(await third.page.getByRole('button', { name: 'Join' }).count(), 0);
    await third.context.close();
  });

  await t.test('an open invitation is listed, also after a reload, and withdrawn its link is dead', async () => {
    const { page } = ana;
    await page
      .getByRole('button', { name: /^Invite somebody/ })
      .first()
      .click();
    await page.getByRole('dialog').getByLabel('E-mail').fill('ines@example.com');
    await page.getByRole('dialog').getByLabel('Name').fill('Ines Prado');
    await press(page, 'Make the link');
    const address = await link(page);
    const open = page.getByRole('region', { name: 'Open links' });
    const row = open.getByRole('listitem');
    await row.filter({ hasText: 'Ines Prado' }).waitFor();
    await page.reload();
    await row.filter({ hasText: 'Ines Prado' }).waitFor();
    assert.equal(await row.count(), 1, 'what was used is not open');
    for (const words of ['ines@example.com', 'Invitation · Harbour & Finch · Member', 'Open until'])
      await row.filter({ hasText: words }).waitFor();
    await open.getByRole('button', { name: 'Withdraw the invitation for Ines Prado' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Its link does not work any more').waitFor();
    await until('it is listed no more', async () => (await row.count()) === 0);
    const third = await person(browser);
    await third.page.goto(address);
    await third.page.getByText('This link has been used, withdrawn, or is too old').waitFor();
    await third.context.close();
    await page.reload();
    await page.getByRole('heading', { name: 'Harbour & Finch' }).waitFor();
    assert.equal(await open.count(), 0, 'without an open invitation nothing is shown');
  });

  await t.test(
    '[F1] [M11] all other devices are ended: that browser is signed out within a second, and its data is gone',
    async () => {
      const elsewhere = await person(browser);
      await signIn(elsewhere.page, url, 'paul@example.com');
      await elsewhere.page.getByRole('heading', { name: 'Boards' }).waitFor();
      await paul.page.goto(`${url}/me`);
      await press(paul.page, 'Sign out all others');
      const ended = Date.now();
      await elsewhere.page.getByRole('heading', { name: 'Sign in' }).waitFor({ timeout: 5_000 });
      assert.ok(Date.now() - ended < 1_000, `signed out after ${Date.now() - ended} ms`);
      assert.equal(await elsewhere.page.getByText('Harbour & Finch').count(), 0);
      const kept = await elsewhere.page.evaluate(async () => ({
        databases: (await indexedDB.databases()).map(({ name }) => name),
        drafts: Object.keys(sessionStorage).filter((key) => key.startsWith('rapport-')),
      }));
      assert.deepEqual(kept, { databases: [], drafts: [] });
      await until('the list has one device', async () => (await paul.page.getByText('this device').count()) === 1);
      assert.equal(await paul.page.getByRole('button', { name: /^Sign out .+/ }).count(), 0);
      await elsewhere.context.close();
    },
  );

  await t.test('one device is ended', async () => {
    const elsewhere = await person(browser);
    await signIn(elsewhere.page, url, 'paul@example.com');
    await elsewhere.page.getByRole('heading', { name: 'Boards' }).waitFor();
    await paul.page.reload();
    await paul.page.getByRole('button', { name: /^Sign out Chrom/ }).click();
    await elsewhere.page.getByRole('heading', { name: 'Sign in' }).waitFor({ timeout: 5_000 });
    await elsewhere.context.close();
  });

  await t.test('a reset link sets a new password and signs the others out', async () => {
    await ana.page.getByRole('button', { name: 'More for Paul Weber' }).click();
    await ana.page.getByRole('menuitem', { name: 'Link for a new password' }).click();
    const reset = await link(ana.page);
    const fresh = await person(browser);
    await fresh.page.goto(reset);
    await fresh.page.getByText('paul@example.com').waitFor();
    await field(fresh.page, 'Password').fill('another long sentence');
    await press(fresh.page, 'Save and sign in');
    await fresh.page.getByRole('heading', { name: 'Boards' }).waitFor();
    await paul.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await fresh.context.close();
  });

  await t.test('a reset link nobody has used is listed, and withdrawn it is dead', async () => {
    const { page } = ana;
    await page.getByRole('button', { name: 'More for Paul Weber' }).click();
    await page.getByRole('menuitem', { name: 'Link for a new password' }).click();
    const reset = await link(page);
    const row = page.getByRole('region', { name: 'Open links' }).getByRole('listitem');
    for (const words of ['Paul Weber', 'New password', 'Open until']) await row.filter({ hasText: words }).waitFor();
    await row.getByRole('button', { name: 'Withdraw the link for a new password of Paul Weber' }).click();
    await page.getByText('The link for a new password of Paul Weber is withdrawn').waitFor();
    await until('it is listed no more', async () => (await row.count()) === 0);
    const third = await person(browser);
    await third.page.goto(reset);
    await third.page.getByText('This link has been used, withdrawn, or is too old').waitFor();
    await third.context.close();
  });

  await t.test('many wrong passwords are slowed down, and say so', async () => {
    await field(paul.page, 'E-mail').fill('paul@example.com');
    await field(paul.page, 'Password').fill('not the password');
    await until('the limit is told', async () => {
      await press(paul.page, 'Sign in');
      await until('there is an answer', () => paul.page.getByRole('button', { name: 'Sign in', exact: true }).isEnabled());
      return paul.page.getByText(/Too many attempts\. Try again in \d+ (second|minute)s?\./).isVisible();
    });
    assert.equal(await field(paul.page, 'E-mail').inputValue(), 'paul@example.com');
  });

  await t.test('[M11] signing out leaves nothing behind', async () => {
    await ana.page.goto(`${url}/me`);
    await press(ana.page, 'Sign out');
    await ana.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.deepEqual(await ana.page.evaluate(async () => (await indexedDB.databases()).length), 0);
  });

  await t.test(
    '[M11] without a network it leaves nothing behind either, and the session is ended at the next contact',
    async () => {
      const { page, context } = ana;
      await signIn(page, url, 'ana@example.com');
      await page.getByRole('heading', { name: 'Boards' }).waitFor();
      await page.getByRole('link', { name: /Ana Ferrer/ }).click();
      await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
      await context.setOffline(true);
      await press(page, 'Sign out');
      await page.getByText('Rapport does not answer at the moment.').waitFor();
      assert.deepEqual(await page.evaluate(async () => (await indexedDB.databases()).length), 0);
      await context.setOffline(false);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await until('the session is ended', async () => !(await api(url, context).reached('GET', '/api/v1/bootstrap')));
      await page.reload();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    },
  );
  assert.deepEqual([...ana.errors, ...paul.errors], []);
});
