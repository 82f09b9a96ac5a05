// A file of another program on its way through the page: how it is read, what its
// stages and owners become, what came of each row, and the way back.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/build.mjs';
import { api, boardCounts, setUp } from './company.mjs';
import { folder, freePort, person, startBrowser, startMongo, startRapport, until } from './harness.mjs';

/** Uploads a file on the import page and waits for its own page. */
async function upload(page, url, name, buffer) {
  await page.goto(`${url}/imports`);
  await page.locator('input[type="file"]').setInputFiles({ name, mimeType: 'text/csv', buffer });
  await page.waitForURL(/\/imports\/0/);
}

const begin = (page) => page.getByRole('button', { name: /^Import [\d,]+ rows?$/ });
const becomes = (page, name) => page.getByLabel(`What “${name}” becomes`);
const happened = (page) => page.getByTestId('what-happened');

/** In windows-1252, with semicolons, a title above, dates that can be read both ways and a row that is wrong. */
const spanish = Buffer.from(
  [
    'Ventas de primavera',
    'id;cliente;etapa;importe;responsable;fecha de inicio',
    'A1;Compañía Peñalosa;En marcha;1.500,50;A. Ferrer;03/04/2026',
    'A2;Fábrica de Cañas;Firmado;2.000,00;Íñigo;05/06/2026',
    'A3;Fábrica de Cañas;Firmado;mucho;Íñigo;05/06/2026',
  ].join('\r\n'),
  'latin1',
);

test('a file is read, mapped, imported and taken back', { timeout: 120_000 }, async (t) => {
  const { url } = await startRapport(t, { data: folder(t), port: await freePort() });
  const browser = await startBrowser(t);
  const { page, context, errors } = await person(browser);
  const ana = api(url, context);
  const office = await setUp(ana);

  await t.test('characters, separator, header and amounts are recognised; doubtful dates are asked for', async () => {
    await upload(page, url, 'primavera.csv', spanish);
    await page.getByRole('cell', { name: 'Compañía Peñalosa' }).waitFor();
    assert.equal(await page.getByLabel('Characters of the file').inputValue(), 'windows-1252');
    assert.equal(await page.getByLabel('Names of the columns').inputValue(), '2');
    await page.getByText('Dates in this file can be read in two ways').waitFor();
    assert.ok(await begin(page).isDisabled());
  });

  await t.test('the preview follows what is chosen', async () => {
    await page.getByLabel('Characters of the file').selectOption('windows-1251');
    await page.getByRole('cell', { name: 'Compa\u0441\u043da Pe\u0441alosa' }).waitFor();
    await page.getByLabel('Characters of the file').selectOption('windows-1252');
    await page.getByRole('cell', { name: 'Compañía Peñalosa' }).waitFor();
    await page.getByLabel('Names of the columns').selectOption('0');
    await page.getByRole('cell', { name: 'cliente', exact: true }).waitFor();
    await page.getByLabel('Names of the columns').selectOption('2');
    await page.getByText('Dates in this file can be read in two ways').waitFor();
    await page.getByLabel('How “fecha de inicio” writes dates').selectOption('dmy');
    await until('it can begin', () => begin(page).isEnabled());
  });

  await t.test('stages and owners are mapped, and all choices outlive a reload', async () => {
    await page.getByLabel('Pipeline', { exact: true }).selectOption({ label: office.pipeline.f.name });
    await until('stages of the pipeline can be chosen', () => becomes(page, 'Firmado').isVisible());
    const open = office.pipeline.f.stages.find((stage) => stage.kind === 'open');
    await becomes(page, 'En marcha').selectOption(open.id);
    await page.getByLabel('What standing in “Firmado” means').selectOption('won');
    await becomes(page, 'A. Ferrer').selectOption({ label: 'Ana Ferrer' });
    await until('the answer is here', () => begin(page).isEnabled());
    await page.reload();
    await until('the choices are back', async () => (await becomes(page, 'A. Ferrer').inputValue()) === office.userId);
    assert.equal(await becomes(page, 'En marcha').inputValue(), open.id);
    assert.equal(await page.getByLabel('How “fecha de inicio” writes dates').inputValue(), 'dmy');
    await page.getByText('2 new, 0 there already, 1 refused').first().waitFor();
  });

  await t.test('what became of each row is told, with the reason, and leads to the deal', async () => {
    await until('it can begin', () => begin(page).isEnabled());
    await begin(page).click();
    await happened(page).getByText('2 new deals').waitFor();
    await page.getByText('“mucho”').waitFor();
    await page.getByText('Created 2').click();
    await page.getByRole('button', { name: 'Compañía Peñalosa' }).click();
    await page.getByTestId('deal-drawer').getByText('€1,500.50').waitFor();
    const { records } = await ana.get('/api/v1/records?type=deal');
    const deal = records.find(({ f }) => f.externalId === 'A1');
    assert.equal(deal.f.startedOn, '2026-04-03');
    assert.equal(deal.f.ownerId, office.userId);
  });

  await t.test('one undo takes all back and says so; one more brings it back', async () => {
    await page.goBack();
    await page.getByRole('button', { name: 'Undo this import' }).click();
    await happened(page).getByText('All of it is taken back: 2 deals').waitFor();
    assert.equal((await ana.get('/api/v1/records?type=deal')).total, 0);
    await page.getByRole('button', { name: 'Bring it all back' }).click();
    await happened(page).getByText('2 new deals').waitFor();
    assert.equal((await ana.get('/api/v1/records?type=deal')).total, 2);
  });

  await t.test(
    'a file of which all is there already says so and offers nothing; one that knows more offers just that',
    async () => {
      const rows = ['id,customer,amount,next step', 'B1,Compañía Peñalosa,5,', 'B2,Fábrica de Cañas,6,Call'];
      await upload(page, url, 'first.csv', Buffer.from(rows.join('\n')));
      await begin(page).click();
      await happened(page).getByText('2 new deals').waitFor();
      await upload(page, url, 'again.csv', Buffer.from(rows.join('\n')));
      await page.getByText('2 deals are here already. There is nothing left to import.').first().waitFor();
      assert.ok(await page.getByRole('button', { name: 'Nothing to import' }).isDisabled());
      rows[1] = 'B1,Compañía Peñalosa,7,Visit';
      await upload(page, url, 'more.csv', Buffer.from(rows.join('\n')));
      await page.getByText('1 of them lacks values that the file has; nothing is overwritten.').first().waitFor();
      await page.getByRole('button', { name: 'Fill in 1 deal' }).click();
      await happened(page).getByText('No new deals, 2 were there already').waitFor();
      const { records } = await ana.get('/api/v1/records?type=deal');
      const { nextStep, amount } = records.find(({ f }) => f.externalId === 'B1').f;
      assert.deepEqual([nextStep, amount.amount], ['Visit', 500]);
    },
  );

  await t.test('a workbook is refused in words that help', async () => {
    await page.goto(`${url}/imports`);
    await page
      .locator('input[type="file"]')
      .setInputFiles({ name: 'deals.csv', mimeType: 'text/csv', buffer: Buffer.from('PK\x03\x04') });
    await page.getByText('save the sheet as CSV').waitFor();
  });
  assert.deepEqual(errors, []);
});

/** The public file where it lies beside the checkout, else one of our own in its shape. */
function opportunities() {
  const data = process.env.RAPPORT_PUBLIC_DATA ?? join(root, '..', 'shared', 'data');
  const shared = join(data, 'maven-crm-opportunities', 'sales_pipeline.csv');
  if (existsSync(shared)) {
    return { csv: readFileSync(shared), counts: { Prospecting: 500, Engaging: 1589, Won: 4238, Lost: 2473 }, won: 1_000_553_400 };
  }
  const rows = ['opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value'];
  for (let i = 0; i < 8800; i++) {
    const stage = ['Prospecting', 'Engaging', 'Won', 'Lost'][i % 4];
    const closed = stage === 'Won' || stage === 'Lost';
    rows.push(
      `OP${i},Agent ${i % 7},Item ${i % 3},Account ${i % 20},${stage},2026-01-${String(1 + (i % 28)).padStart(2, '0')},${closed ? '2026-03-01' : ''},${stage === 'Won' ? 100 : closed ? 0 : ''}`,
    );
  }
  return {
    csv: Buffer.from(rows.join('\n')),
    counts: { Prospecting: 2200, Engaging: 2200, Won: 2200, Lost: 2200 },
    won: 22_000_000,
  };
}

for (const store of ['the embedded store', 'MongoDB with two servers']) {
  test(`opportunities are imported through the page and counted through the app on ${store}`, {
    timeout: 180_000,
  }, async (t) => {
    const mongoUri = store === 'the embedded store' ? undefined : await startMongo(t);
    const where = { data: folder(t), mongoUri, database: 'rapport-e2e' };
    const { url } = await startRapport(t, { ...where, port: await freePort() });
    const other = mongoUri ? (await startRapport(t, { ...where, port: await freePort() })).url : url;
    const browser = await startBrowser(t);
    const { page, context, errors } = await person(browser);
    const ana = api(url, context);
    await setUp(ana);
    const { csv, counts, won } = opportunities();

    await t.test('a cancelled import keeps what it has written until it is undone', async () => {
      await upload(page, url, 'pipeline.csv', csv);
      await begin(page).click();
      await page.getByRole('button', { name: 'Cancel the import' }).click();
      await happened(page).getByText('Stopped after').waitFor();
      await page.getByRole('button', { name: 'Undo this import' }).click();
      await happened(page).getByText('All of it is taken back').waitFor({ timeout: 60_000 });
    });

    await t.test('one that runs goes on while the page is loaded again', async () => {
      await upload(page, url, 'pipeline.csv', csv);
      await begin(page).click();
      await page.getByTestId('import-progress').waitFor();
      await page.reload();
      await happened(page).getByText('new deals').waitFor({ timeout: 120_000 });
    });

    await t.test('the funnel is that of the file, on each server', async () => {
      for (const server of new Set([url, other])) {
        const there = api(server, context); // cookies do not know ports
        await until('the last part has arrived', async () => {
          const { found } = await boardCounts(there);
          return Object.values(found).reduce((all, n) => all + n, 0) === 8800;
        });
        const { found, sum } = await boardCounts(there);
        assert.deepEqual(found, counts);
        assert.equal(sum, won);
      }
    });
    assert.deepEqual(errors, []);
  });
}

// [L10] The server has too little memory for the file; nobody has to guess why nothing moves.
test('an import that finds no room says why it waits, and can be cancelled', { timeout: 120_000 }, async (t) => {
  const { url } = await startRapport(t, { data: folder(t), port: await freePort(), settings: { GOMEMLIMIT: '64MiB' } });
  const browser = await startBrowser(t);
  const { page, context } = await person(browser);
  await setUp(api(url, context));
  const rows = Array.from({ length: 100_000 }, (_, n) => `X${n},Account ${n},${'Long product name '.repeat(5)},Prospecting`);
  await upload(page, url, 'large.csv', Buffer.from(['opportunity_id,account,product,deal_stage', ...rows].join('\n')));
  await begin(page).click();
  const waits = page.getByTestId('import-waits');
  await waits.filter({ hasText: 'memory is full' }).waitFor({ timeout: 60_000 });
  await page.setViewportSize({ width: 360, height: 740 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await page.getByRole('button', { name: 'Cancel the import' }).click();
  await page.getByText('Cancelled', { exact: true }).first().waitFor();
  assert.ok(await waits.isHidden());
});
