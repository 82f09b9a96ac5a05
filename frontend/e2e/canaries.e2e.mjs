// What policy hides from somebody is nowhere in his browser: in no answer, no frame,
// no page, no field, no address and no store, while he goes everywhere and others
// work; and what he loses is gone from his screens at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  anyKey,
  assertNone,
  beginning,
  canaries,
  definitions,
  held,
  own,
  places,
  tapOf,
  types,
  withoutPublic,
} from './canaries.mjs';
import { api, company, department, hire, id, stages } from './company.mjs';
import { person, until } from './harness.mjs';

const near = (place) => place === 'near';
const naming = (type, name) => (type === 'deal' ? { title: name } : { name });

/** Two people and two departments that everybody knows; that a hidden field names one of them, nobody may know. */
async function spokenOf(admin, browser, url, root, south) {
  const refs = {};
  for (const [which, name, departmentName] of [
    ['far', 'Zelda Quist', 'Zephyr Quay'],
    ['near', 'Noor Blick', 'Nadir Quay'],
  ]) {
    const departmentId = await department(admin, departmentName, root);
    const context = await browser.newContext();
    const userId = await hire(admin, api(url, context), { name, departmentId, role: 'guest' });
    await context.close();
    const link = { id: id(), name: `${beginning}southlinked${which}` };
    await admin.command('record.create', {
      type: 'customer',
      id: link.id,
      values: { name: link.name, departmentId: south },
    });
    refs[which] = { user: { id: userId, name }, department: { id: departmentId, name: departmentName }, link };
  }
  return refs;
}

/** A record of every type in every place, with a canary in every kind of field; and what each was given. */
async function plant(admin, departments, refs) {
  const planted = [];
  for (const place of places) {
    const made = {};
    for (const type of types) {
      const word = `${beginning}${place}${type}own`;
      const list = canaries(place, type, near(place) ? refs.near : refs.far);
      const name = near(place) ? `Ferry line ${type}` : `${word}name`;
      const links = { ...(type !== 'customer' && { customerId: made.customer }) };
      made[type] = id();
      await admin.command('record.create', {
        type,
        id: made[type],
        values: {
          ...naming(type, name),
          departmentId: departments[place],
          ...links,
          ...own.masked(word, type),
          ...(!near(place) && own.standard(word, type)),
          ...Object.fromEntries(list.map(({ key, value }) => [key, value])),
        },
      });
      await admin.command('comment.add', { id: id(), recordId: made[type], text: `${word}comment` });
      planted.push({ place, type, id: made[type], name, list });
    }
  }
  return planted;
}

/**
 * What a viewer may not find: told in answers and frames, held in pages and stores.
 * Whoever sees the near records as a whole may find what is in them.
 */
function hiddenFrom(viewer, planted, refs) {
  const far = planted.filter(({ place }) => !near(place));
  const unseen = viewer.guest ? planted : far;
  const words = [
    ...places.filter((place) => viewer.guest || !near(place)).map((place) => `${beginning}${place}`),
    ...unseen.flatMap(({ list }) => list.flatMap((one) => one.words)),
    ...(viewer.guest ? [...own.words, refs.near.link.id] : []),
  ];
  const everybodys = [refs.far, refs.near].flatMap(({ user, department }) => [
    ...Object.values(user),
    ...Object.values(department),
  ]);
  return {
    told: [...words, ...far.map((one) => one.id), ...(viewer.guest ? [anyKey] : [])],
    held: words,
    // The page of people and departments names them all.
    onPeople: words.filter((word) => !everybodys.includes(word)),
  };
}

async function openDeal(page, url, board, deal, name) {
  await page.goto(`${url}/boards/${board}?deal=${deal}`);
  await page.getByTestId('deal-drawer').getByText(name).first().waitFor();
}

test('nothing hidden is in the other person’s browser', { timeout: 240_000 }, async (t) => {
  const { url, browser, ana, api: anaApi, office } = await company(t);
  const departments = {
    near: await department(anaApi, 'Sales', office.company),
    south: await department(anaApi, 'South', office.company),
    west: await department(anaApi, 'West', office.company),
  };
  for (const definition of definitions(id)) await anaApi.command('field.define', definition);
  const [gus, mia, lea] = [await person(browser), await person(browser), await person(browser)];
  const leaApi = api(url, lea.context);
  const gusId = await hire(anaApi, api(url, gus.context), { name: 'Gus Reed', departmentId: departments.near, role: 'guest' });
  await hire(anaApi, api(url, mia.context), { name: 'Mia Holt', departmentId: departments.near, role: 'member' });
  await hire(anaApi, leaApi, { name: 'Lea Brandt', departmentId: departments.south, role: 'lead' });
  const board = id();
  await anaApi.command('board.create', {
    id: board,
    name: 'Sales board',
    pipelineId: office.pipeline.id,
    departmentId: departments.near,
  });
  const refs = await spokenOf(anaApi, browser, url, office.company, departments.south);
  const planted = await plant(anaApi, departments, refs);
  const at = (place, type) => planted.find((one) => one.place === place && one.type === type);
  const shown = at('near', 'deal');
  const lost = id();
  await anaApi.command('record.create', {
    type: 'deal',
    id: lost,
    values: {
      title: 'Quayside lights',
      departmentId: departments.near,
      nextStep: 'Measure the poles',
      customerId: at('near', 'customer').id,
    },
  });
  const thrown = id();
  await anaApi.command('record.create', {
    type: 'customer',
    id: thrown,
    values: { name: 'Old quay', departmentId: departments.near, ...own.masked(`${beginning}southtrash`, 'customer') },
  });
  await anaApi.command('record.trash', { id: thrown });

  const viewers = [
    { name: 'a guest', guest: true, page: gus.page, context: gus.context, tap: await tapOf(gus.context) },
    { name: 'a member', guest: false, page: mia.page, context: mia.context, tap: await tapOf(mia.context) },
  ];
  for (const viewer of viewers) viewer.hidden = hiddenFrom(viewer, planted, refs);

  const plain = (text) => withoutPublic(withoutPublic(text, refs.far), refs.near);
  /** Looks through all that was not looked through before, and through all that the pages hold now. */
  const nothingHidden = async (viewer, where, words = viewer.hidden.held) => {
    const answers = await viewer.tap.all();
    for (const { head, body } of answers.slice(viewer.answersSeen ?? 0)) {
      assertNone(`${viewer.name}: an answer, ${where},`, `${head} ${plain(body)}`, viewer.hidden.told);
    }
    viewer.answersSeen = answers.length;
    for (const text of viewer.tap.frames.slice(viewer.framesSeen ?? 0)) {
      assertNone(`${viewer.name}: a frame, ${where},`, plain(text), viewer.hidden.told);
    }
    viewer.framesSeen = viewer.tap.frames.length;
    for (const page of viewer.context.pages()) {
      for (const text of await held(page)) assertNone(`${viewer.name}: the browser, ${where},`, text, words);
    }
  };
  const go = async (viewer, place) => {
    await viewer.page.goto(url + place);
    await viewer.page.locator('main').first().waitFor();
  };

  await t.test('every canary is there to be found: who may see it finds each kind, as sent and as shown', async () => {
    for (const { id: recordId, list } of planted) {
      const { body } = await leaving(anaApi, recordId);
      for (const { kind, key, words } of list) {
        assert.ok(body.includes(`"${key}"`), `${kind} is stored`);
        if (words.length > 0)
          assert.ok(
            words.some((word) => body.includes(word)),
            `${kind} is known by a word`,
          );
      }
    }
    const [, member] = viewers;
    await openDeal(member.page, url, board, shown.id, shown.name);
    const drawer = member.page.getByTestId('deal-drawer');
    const more = drawer.getByRole('button', { name: /more fields/ });
    if (await more.isVisible()) await more.click();
    const text = await drawer.innerHTML();
    const unseen = shown.list.filter(
      ({ kind, words }) => kind !== 'link' && words.length > 0 && !words.some((word) => text.includes(word)),
    );
    assert.deepEqual(
      unseen.map(({ kind }) => kind),
      [],
      `the drawer shows them: ${await drawer.textContent()}`,
    );
    const said = plain(JSON.stringify([await member.tap.all(), member.tap.frames]));
    for (const { kind, key } of shown.list) assert.ok(said.includes(key), `the tap hears ${kind}`);
  });

  await t.test('[D1] [D16] [D25] while they go everywhere', async () => {
    const everywhere = [
      '/boards',
      `/boards/${board}`,
      `/boards/${board}?deal=${shown.id}`,
      `/boards/${office.board.id}`,
      `/boards/${board}?deal=${at('south', 'deal').id}`,
      '/customers',
      `/customers/${at('near', 'customer').id}`,
      `/customers/${at('south', 'customer').id}`,
      '/people',
      '/trash',
      '/imports',
      '/setup',
      '/setup/pipelines',
      '/me',
    ];
    for (const viewer of viewers) {
      for (const place of everywhere) {
        await go(viewer, place);
        if (place.endsWith(shown.id)) await viewer.page.getByTestId('deal-drawer').getByText(shown.name).first().waitFor();
        await nothingHidden(viewer, place, place === '/people' ? viewer.hidden.onPeople : undefined);
      }
    }
  });

  await t.test('[D1] [D15] and ask by hand for what they may not see', async () => {
    for (const viewer of viewers) {
      await go(viewer, '/boards');
      for (const { id: asked } of planted) {
        for (const what of ['', '/history', '/why', '/readers']) await ask(viewer.page, `/api/v1/records/${asked}${what}`);
      }
      for (const type of [...types, 'comment', 'import', 'session']) {
        await ask(viewer.page, `/api/v1/records?type=${type}`);
        await ask(viewer.page, `/api/v1/trash?type=${type}`);
      }
      await nothingHidden(viewer, 'asking by hand');
    }
  });

  await t.test('[D6] [D7] [D24] while they search for what a hidden word begins with', async () => {
    for (const viewer of viewers) {
      for (const words of [beginning, at('south', 'deal').list[0].words[0].slice(0, 7), '6111', 'Zelda', '24']) {
        await go(viewer, `/customers?q=${words}`);
        await viewer.page.getByRole('searchbox').first().waitFor();
        for (const type of types) {
          const { total, records } = JSON.parse(await ask(viewer.page, `/api/v1/records?type=${type}&q=${words}`));
          const found = records.filter((record) => !(record.f.departmentId === departments.near && !viewer.guest));
          assert.deepEqual(found, [], `${viewer.name} finds nothing by “${words}”`);
          assert.equal(total, records.length, `${viewer.name} is not told how much there is of “${words}”`);
        }
        await go(viewer, '/boards'); // away from the words that he typed himself
        await nothingHidden(viewer, `after a search for ${words}`);
      }
    }
  });

  await t.test('[D19] [D20] while others work before their eyes, in two tabs', async () => {
    for (const viewer of viewers) {
      await go(viewer, `/boards/${board}?deal=${shown.id}`);
      viewer.second = await viewer.context.newPage();
      await viewer.second.goto(`${url}/customers/${at('near', 'customer').id}`);
      await viewer.second.getByText('Ferry line customer').first().waitFor();
      await viewer.page.getByTestId('deal-drawer').getByText(shown.name).first().waitFor();
    }
    const version = async (record) => (await anaApi.get(`/api/v1/records/${record}`)).record.v;
    for (const [record, mark, more] of [
      [shown.id, 'near', {}],
      [at('south', 'deal').id, 'south', { nextStep: `${beginning}southnext` }],
      [at('west', 'contact').id, 'west', { jobTitle: `${beginning}westjob` }],
      [at('near', 'customer').id, 'near', {}],
    ]) {
      await anaApi.command('record.edit', {
        id: record,
        basedOn: await version(record),
        values: { notes: `${beginning}${mark}again`, ...more },
      });
    }
    await anaApi.command('comment.add', { id: id(), recordId: shown.id, text: `${beginning}nearaloud` });
    const far = at('south', 'deal').id;
    await anaApi.command('record.trash', { id: far });
    await anaApi.command('record.restore', { id: far });
    // What they may see arrives behind all that.
    await anaApi.command('record.edit', {
      id: shown.id,
      basedOn: await version(shown.id),
      values: { nextStep: 'Call the yard' },
    });
    for (const viewer of viewers) {
      await viewer.page.getByTestId('deal-drawer').getByText('Call the yard').first().waitFor();
      await nothingHidden(viewer, 'after the work of others');
    }
  });

  await t.test('[D10] [D14] [D19] while somebody else looks at a file and brings it in', async () => {
    const rows = [1, 2, 3].map((n) => `${beginning}southrow${n},${beginning}southfile${n},${beginning}southgood${n},Prospecting`);
    const uploaded = await leaApi.post('/api/v1/imports', ['opportunity_id,account,product,deal_stage', ...rows].join('\n'), {
      'Content-Type': 'text/csv',
      'X-File-Name': `${beginning}southfile.csv`,
    });
    const looking = async (where) => {
      for (const viewer of viewers) {
        for (const what of ['', '/rows', '/result']) await ask(viewer.page, `/api/v1/imports/${uploaded.id}${what}`);
        await nothingHidden(viewer, where);
      }
    };
    const { settings } = await leaApi.post(`/api/v1/imports/${uploaded.id}/preview`, { settings: uploaded.settings });
    await looking('beside the preview of an import');
    const [first] = stages(office.pipeline);
    const read = {
      ...settings,
      pipelineId: office.pipeline.id,
      departmentId: departments.south,
      stages: settings.stages.map((stage) => ({ ...stage, stageId: first })),
    };
    await leaApi.command('import.start', { id: uploaded.id, settings: read });
    await until('the import is done', async () => (await leaApi.get(`/api/v1/imports/${uploaded.id}`)).state === 'done');
    assert.equal((await leaApi.get(`/api/v1/records?type=customer&q=${beginning}southfile`)).total, 3);
    await looking('after an import');
  });

  const [guest] = viewers;
  await t.test('[D33] [E3] what he loses is gone from both of his tabs and his stores within two seconds', async () => {
    await guest.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url });
    await guest.second.goto(`${url}/boards/${board}`);
    await guest.second.getByText('Quayside lights').first().waitFor();
    await go(guest, `/boards/${board}?deal=${lost}`);
    await guest.page.getByTestId('deal-drawer').getByText('Measure the poles').first().waitFor();
    await guest.page.bringToFront();
    await guest.page.evaluate(() => navigator.clipboard.writeText('what he copied himself'));
    const { v } = (await anaApi.get(`/api/v1/records/${lost}`)).record;
    await anaApi.command('record.edit', { id: lost, basedOn: v, values: { departmentId: departments.south } });
    const words = ['Quayside lights', 'Measure the poles'];
    const gone = async (page) => (await held(page)).every((text) => words.every((word) => !text.includes(word)));
    await until('the lost deal is gone', async () => (await gone(guest.page)) && gone(guest.second), 2_000);
    const copied = await guest.page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, 'what he copied himself', 'the app puts nothing into the clipboard');
    await guest.page.goBack();
    await guest.page.locator('main').first().waitFor();
    for (const text of await held(guest.page)) assertNone('the browser, gone back,', text, words);
  });

  await t.test('[D7] [E3] and so is everything when his role is taken', async () => {
    await go(guest, `/boards/${board}`);
    await guest.page.getByText(shown.name).first().waitFor();
    await guest.second.goto(`${url}/customers`);
    await guest.second.getByText('Ferry line customer').first().waitFor();
    await anaApi.command('member.set', { userId: gusId, departmentId: departments.near, role: '' });
    const words = ['Ferry line', 'Call the yard'];
    const gone = async (page) => (await held(page)).every((text) => words.every((word) => !text.includes(word)));
    await until('nothing of the department is left', async () => (await gone(guest.page)) && gone(guest.second), 2_000);
  });

  await t.test(
    '[M9] [B14] [D33] what he loses while he is offline is not painted again, though nothing can be loaded',
    async () => {
      const { page, context } = guest;
      await anaApi.command('member.set', { userId: gusId, departmentId: departments.near, role: 'guest' });
      await go(guest, `/boards/${board}`);
      await page.getByText(shown.name).first().waitFor();
      await context.setOffline(true);
      await page.locator('[data-testid="live"][data-state="offline"]').waitFor();
      await page.getByText(shown.name).first().waitFor();
      await anaApi.command('member.set', { userId: gusId, departmentId: departments.near, role: '' });
      await context.route('**/api/v1/**', () => undefined); // no answer ever
      await context.setOffline(false);
      await page.locator('[data-testid="live"][data-state="catchingUp"]').waitFor();
      await until('nothing of it is painted', async () => !(await page.locator('body').textContent()).includes('Ferry line'));
      await context.unroute('**/api/v1/**');
      await page.reload();
      await page.locator('main').waitFor();
      for (const text of await held(page)) assertNone('the browser, online again,', text, ['Ferry line', 'Call the yard']);
    },
  );

  for (const viewer of viewers) {
    await nothingHidden(viewer, 'in the end');
    // The taps do hear: what he may see went through them.
    assert.ok((await viewer.tap.all()).some(({ body }) => body.includes('Ferry line customer')));
    assert.ok(viewer.tap.frames.some((text) => text.includes('Call the yard')));
  }
  assert.deepEqual([...ana.errors, ...gus.errors, ...mia.errors], []);
});

/** A record as somebody who may see all of it is told. */
async function leaving(admin, recordId) {
  return { body: JSON.stringify(await admin.get(`/api/v1/records/${recordId}`)) };
}

/** Asks from the page itself, so that the tap hears the answer, whatever it is. */
const ask = (page, path) => page.evaluate((asked) => fetch(asked).then((answer) => answer.text()), path);
