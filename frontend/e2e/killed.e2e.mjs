// Two people move deals about while a server is killed among their moves: on the
// embedded store it comes back, on MongoDB the other one takes its people over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balance } from './balancer.mjs';
import { api, cardIn, deal, department, hire, setUp, stages } from './company.mjs';
import { folder, freePort, person, startBrowser, startMongo, startRapport, until } from './harness.mjs';

const moves = 100; // of each of the two

for (const { store, servers } of [
  { store: 'the embedded store, whose server starts again', servers: 1 },
  { store: 'MongoDB, whose other server takes its people over', servers: 2 },
]) {
  test(`200 moves with a kill -9 among them on ${store}`, { timeout: 240_000 }, async (t) => {
    const mongoUri = servers > 1 ? await startMongo(t) : undefined;
    const where = { data: folder(t), mongoUri, database: 'rapport-e2e', port: await freePort() };
    const doomed = await startRapport(t, where);
    const otherPort = await freePort();
    const ports = [where.port, ...(servers > 1 ? [otherPort] : [])];
    if (servers > 1) await startRapport(t, { ...where, port: otherPort });
    // Ana's way leads to the server that is killed; Paul's to the other one, if there is one.
    const doors = { ana: await balance(t, ports), paul: await balance(t, [...ports].reverse()) };

    const browser = await startBrowser(t);
    const ana = await person(browser);
    const paul = await person(browser);
    const anaApi = api(doors.ana, ana.context);
    const paulApi = api(doors.paul, paul.context);
    const { company, board, pipeline } = await setUp(anaApi);
    const marketing = await department(anaApi, 'Marketing', company);
    await hire(anaApi, paulApi, { name: 'Paul Weber', departmentId: marketing, role: 'member' });
    await anaApi.command('board.share', { boardId: board.id, departmentId: marketing, fields: [], actions: ['see', 'move'] });
    const hers = await deal(anaApi, { title: 'Refit of the ferry line' });
    const his = await deal(anaApi, { title: 'Sails for the school' });
    await ana.page.goto(`${doors.ana}/boards/${board.id}`);
    await paul.page.goto(`${doors.paul}/boards/${board.id}`);
    const [from, to] = stages(pipeline);
    for (const { page } of [ana, paul]) await cardIn(page, from, his).waitFor();
    const before = await Promise.all([hers, his].map(async (id) => (await anaApi.get(`/api/v1/records/${id}`)).record.v));

    let killed;
    const killHalfway = (done) => {
      if (done !== moves / 2) return;
      killed = doomed.kill().then(() => (servers === 1 ? startRapport(t, where) : undefined));
    };
    await Promise.all([there(ana.page, hers, from, to, killHalfway), there(paul.page, his, from, to)]);
    await killed;

    await t.test('each move is there, and there once', async () => {
      for (const [i, id] of [hers, his].entries()) {
        await until('the last move has arrived', async () => {
          const { record } = await anaApi.get(`/api/v1/records/${id}`);
          return record.v >= before[i] + moves;
        });
        const entries = await wholeHistory(anaApi, id);
        const { record } = await anaApi.get(`/api/v1/records/${id}`);
        assert.equal(record.v, before[i] + moves);
        assert.equal(entries.length, record.v);
        assert.equal(record.f.stageId, from, 'an even number of moves leads back');
      }
    });

    await t.test('both screens show what the servers have, without a reload', async () => {
      for (const { page } of [ana, paul]) {
        for (const id of [hers, his]) {
          await cardIn(page, from, id).waitFor();
          assert.equal(await cardIn(page, to, id).count(), 0);
        }
        await page.locator('[data-testid="live"][data-state="live"]').waitFor();
      }
    });

    await t.test('they see each other on the board', async () => {
      await ana.page
        .getByTestId('here-now')
        .getByTitle(/Paul Weber/)
        .waitFor();
      await paul.page
        .getByTestId('here-now')
        .getByTitle(/Ana Ferrer/)
        .waitFor();
    });

    await t.test('and what comes next still arrives at both', async () => {
      await cardIn(ana.page, from, hers).focus();
      await ana.page.keyboard.press('Alt+ArrowRight');
      await cardIn(paul.page, to, hers).waitFor();
    });
    assert.deepEqual([...ana.errors, ...paul.errors], []);
  });
}

/** Moves a card to the next stage and back by keyboard, the focus following it. */
async function there(page, id, from, to, onMove = () => {}) {
  await cardIn(page, from, id).focus();
  for (let done = 1; done <= moves; done++) {
    await page.keyboard.press(done % 2 === 1 ? 'Alt+ArrowRight' : 'Alt+ArrowLeft');
    await page.locator(`[data-stage="${done % 2 === 1 ? to : from}"] [data-deal="${id}"]:focus`).waitFor();
    onMove(done);
  }
}

async function wholeHistory(by, id) {
  const all = [];
  let before = 0;
  do {
    const { entries, next } = await by.get(`/api/v1/records/${id}/history${before ? `?before=${before}` : ''}`);
    all.push(...entries);
    before = next;
  } while (before);
  return all;
}
