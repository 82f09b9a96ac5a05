// What policy hides from somebody is nowhere in his browser: in no answer, no frame,
// no page, no field, no address and no store, while he goes everywhere and others
// work; and what he loses is gone from his screen at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, company, department, hire, id } from './company.mjs';
import { person, until } from './harness.mjs';

/** Words of hidden things; each is followed by where it was written. */
const canary = 'zqx';

/** Values of all kinds of a record, each with a word of its own. */
const values = {
  deal: (word) => ({
    nextStep: `${word}nextstep`,
    product: `${word}product`,
    source: `${word}source`,
    externalId: `${word}external`,
    notes: `${word}notes`,
    amount: { amount: 91_827_364, currency: 'EUR' },
  }),
  customer: (word) => ({
    website: `https://${word}site.example/`,
    emails: [`${word}mail@example.com`],
    phones: ['+34600918273'],
    address: { street: `${word}street`, city: `${word}city` },
    notes: `${word}notes`,
  }),
  contact: (word) => ({
    jobTitle: `${word}job`,
    emails: [`${word}person@example.com`],
    phones: ['+34600918274'],
    notes: `${word}notes`,
  }),
};

/** Words that must not be found: canaries, and the digits of hidden amounts and phones as they are sent and shown. */
const hidden = [canary, '91827364', '918,273', '918.273', '600918', '600 91 82', '600 918'];

/** Of a masked deal everything but title, customer and steps is hidden; the same of a masked customer. */
const shownToGuests = ['nextStep', 'product', 'source', 'externalId', 'website', 'jobTitle', 'address'];
const masked = (all) => Object.fromEntries(Object.entries(all).filter(([key]) => !shownToGuests.includes(key)));

/** Everything that a browser holds of a site. */
function held(page) {
  return page.evaluate(async () => {
    const found = [];
    for (const element of document.querySelectorAll('*')) {
      if ('value' in element && element.value) found.push(String(element.value));
      if (element.shadowRoot) found.push(element.shadowRoot.innerHTML);
    }
    found.push(document.documentElement.outerHTML, document.title, location.href, document.cookie, window.name);
    found.push(JSON.stringify(history.state), JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }));
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise((resolve, reject) => {
        const asked = indexedDB.open(name);
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error);
      });
      for (const store of database.objectStoreNames) {
        const rows = await new Promise((resolve, reject) => {
          const asked = database.transaction(store).objectStore(store).getAll();
          asked.onsuccess = () => resolve(asked.result);
          asked.onerror = () => reject(asked.error);
        });
        found.push(`${name}/${store} ${JSON.stringify(rows)}`);
      }
      database.close();
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        if (/\.(js|css|woff2?)$/.test(request.url)) continue; // the app itself
        found.push(`${request.url} ${await (await cache.match(request)).text()}`);
      }
    }
    return found;
  });
}

function assertNone(where, text, words) {
  for (const word of words) {
    const at = text.indexOf(word);
    assert.equal(at, -1, `${where} holds “${word}”: …${text.slice(Math.max(0, at - 80), at + 80)}…`);
  }
}

test('nothing hidden is in the other person’s browser', { timeout: 120_000 }, async (t) => {
  const { url, browser, ana, api: anaApi, office } = await company(t);
  const sales = await department(anaApi, 'Sales', office.company);
  const south = await department(anaApi, 'South', office.company);
  const gus = await person(browser);
  await hire(anaApi, api(url, gus.context), { name: 'Gus Reed', departmentId: sales, role: 'guest' });
  const board = id();
  await anaApi.command('board.create', { id: board, name: 'Sales board', pipelineId: office.pipeline.id, departmentId: sales });

  const make = async (type, departmentId, name, more) => {
    const made = id();
    const naming = type === 'deal' ? { title: name } : { name };
    await anaApi.command('record.create', { type, id: made, values: { ...naming, departmentId, ...more } });
    return made;
  };
  // South is out of his sight; in Sales he is a guest, without money, reach and notes.
  const far = {
    customer: await make('customer', south, `${canary}farcustomer`, values.customer(`${canary}far`)),
    contact: await make('contact', south, `${canary}farcontact`, values.contact(`${canary}far`)),
  };
  far.deal = await make('deal', south, `${canary}fardeal`, { ...values.deal(`${canary}far`), customerId: far.customer });
  const near = { customer: await make('customer', sales, 'Harbour Yards', masked(values.customer(`${canary}near`))) };
  near.contact = await make('contact', sales, 'Rosa Lind', {
    ...masked(values.contact(`${canary}near`)),
    customerId: near.customer,
  });
  near.deal = await make('deal', sales, 'Refit of the ferry line', {
    ...masked(values.deal(`${canary}near`)),
    customerId: near.customer,
  });
  const lost = await make('deal', sales, 'Quayside lights', { nextStep: 'Measure the poles', customerId: near.customer });
  for (const recordId of [far.deal, near.deal, near.customer]) {
    await anaApi.command('comment.add', { id: id(), recordId, text: `${canary}comment` });
  }
  const thrown = await make('customer', sales, 'Old quay', masked(values.customer(`${canary}trash`)));
  await anaApi.command('record.trash', { id: thrown });

  // The tap: all that reaches the browser, from before it opens anything.
  const answers = [];
  gus.page.on('response', (response) => {
    if (!response.url().includes('/api/')) return;
    answers.push(
      response.text().then(
        (text) => `${response.url()} ${JSON.stringify(response.headers())} ${text}`,
        () => '',
      ),
    );
  });
  const nothingHidden = async (where) => {
    for (const text of await Promise.all(answers)) assertNone(`an answer, ${where},`, text, hidden);
    for (const text of gus.frames) assertNone(`a frame, ${where},`, text, hidden);
    for (const text of await held(gus.page)) assertNone(`the browser, ${where},`, text, hidden);
  };

  await t.test('[D1] [D16] [D25] while he goes everywhere', async () => {
    const places = [
      '/boards',
      `/boards/${board}`,
      `/boards/${board}?deal=${near.deal}`,
      `/boards/${office.board.id}`,
      `/boards/${board}?deal=${far.deal}`,
      '/customers',
      `/customers/${near.customer}`,
      `/customers/${far.customer}`,
      '/people',
      '/trash',
      '/imports',
      '/setup',
      '/setup/pipelines',
      '/me',
    ];
    for (const place of places) {
      await gus.page.goto(url + place);
      await gus.page.locator('main').first().waitFor();
      if (place.endsWith(near.deal))
        await gus.page.getByTestId('deal-drawer').getByText('Refit of the ferry line').first().waitFor();
      await nothingHidden(place);
    }
  });

  await t.test('[D19] [D20] while others work before his eyes', async () => {
    await gus.page.goto(`${url}/boards/${board}?deal=${near.deal}`);
    await gus.page.getByTestId('deal-drawer').getByText('Refit of the ferry line').first().waitFor();
    const version = async (record) => (await anaApi.get(`/api/v1/records/${record}`)).record.v;
    for (const [record, more] of [
      [near.deal, {}],
      [far.deal, { nextStep: `${canary}next` }],
      [near.customer, {}],
    ]) {
      await anaApi.command('record.edit', {
        id: record,
        basedOn: await version(record),
        values: { notes: `${canary}again`, ...more },
      });
    }
    await anaApi.command('comment.add', { id: id(), recordId: near.deal, text: `${canary}aloud` });
    await anaApi.command('record.trash', { id: far.deal });
    await anaApi.command('record.restore', { id: far.deal });
    // What he may see arrives behind all that.
    await anaApi.command('record.edit', {
      id: near.deal,
      basedOn: await version(near.deal),
      values: { nextStep: 'Call the yard' },
    });
    await gus.page.getByTestId('deal-drawer').getByText('Call the yard').first().waitFor();
    await nothingHidden('after the work of others');
  });

  await t.test('[D33] [E3] what he loses is gone from his screen and his stores within two seconds', async () => {
    await gus.page.goto(`${url}/boards/${board}?deal=${lost}`);
    await gus.page.getByTestId('deal-drawer').getByText('Measure the poles').first().waitFor();
    const { v } = (await anaApi.get(`/api/v1/records/${lost}`)).record;
    await anaApi.command('record.edit', { id: lost, basedOn: v, values: { departmentId: south } });
    const words = ['Quayside lights', 'Measure the poles'];
    await until(
      'the lost deal is gone',
      async () => (await held(gus.page)).every((text) => words.every((word) => !text.includes(word))),
      2_000,
    );
    await gus.page.goBack();
    await gus.page.locator('main').first().waitFor();
    for (const text of await held(gus.page)) assertNone('the browser, gone back,', text, words);
  });

  await t.test('[D7] [E3] and so is everything when his role is taken', async () => {
    await gus.page.goto(`${url}/boards/${board}`);
    await gus.page.getByText('Refit of the ferry line').first().waitFor();
    const { records } = await anaApi.get('/api/v1/bootstrap');
    const { id: userId } = records.find((record) => record.t === 'user' && record.f.name === 'Gus Reed');
    await anaApi.command('member.set', { userId, departmentId: sales, role: '' });
    const words = ['Refit of the ferry line', 'Harbour Yards', 'Call the yard'];
    await until(
      'nothing of the department is left',
      async () => (await held(gus.page)).every((text) => words.every((word) => !text.includes(word))),
      2_000,
    );
  });
  await nothingHidden('in the end');
  // The taps do hear: what he may see went through them.
  assert.ok((await Promise.all(answers)).some((text) => text.includes('Harbour Yards')));
  assert.ok(gus.frames.some((text) => text.includes('Call the yard')));
  assert.deepEqual([...ana.errors, ...gus.errors], []);
});
