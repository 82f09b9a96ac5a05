// A small company for the browser tests, made through the API as the app would.
import assert from 'node:assert/strict';
import { folder, freePort, person, startBrowser, startRapport, until } from './harness.mjs';

/** Of everybody in these tests. */
export const password = 'a long enough sentence';

/** A ULID-shaped id; the server checks the shape only. */
export function id() {
  const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  return `01${Array.from({ length: 24 }, () => letters[Math.floor(Math.random() * 32)]).join('')}`;
}

/** The API as one signed-in browser uses it. */
export function api(url, context) {
  const ask = (method, path, data, headers = {}) =>
    context.request.fetch(url + path, { method, data, headers: { Origin: url, ...headers } });
  const send = async (method, path, data, headers) => {
    const answer = await ask(method, path, data, headers);
    const body = await answer.text();
    assert.ok(answer.ok(), `${method} ${path}: ${answer.status()} ${body}`);
    return body ? JSON.parse(body) : undefined;
  };
  return {
    get: (path) => send('GET', path),
    post: (path, data, headers) => send('POST', path, data, headers),
    reached: async (method, path, data) => (await ask(method, path, data)).ok(),
    command: (name, args) => send('POST', `/api/v1/commands/${name}`, { commandId: id(), ...args }),
  };
}

/**
 * A server with Ana's company, and her browser, signed in.
 * @param options those of person()
 */
export async function company(t, options) {
  const server = await startRapport(t, { data: folder(t), port: await freePort() });
  const browser = await startBrowser(t);
  const ana = await person(browser, options);
  const own = api(server.url, ana.context);
  return { url: server.url, server, browser, ana, api: own, office: await setUp(own) };
}

/** Makes a deal in the pipeline of Ana's board and returns its id. */
export async function deal(own, values) {
  const made = id();
  await own.command('record.create', { type: 'deal', id: made, values });
  return made;
}

/** Sets the workspace up with Ana as its admin. */
export async function setUp(admin) {
  await admin.post('/api/v1/setup', {
    company: 'Harbour & Finch',
    currency: 'EUR',
    timeZone: 'Europe/Madrid',
    name: 'Ana Ferrer',
    email: 'ana@example.com',
    password,
    language: 'en',
  });
  const { records, userId } = await admin.get('/api/v1/bootstrap');
  const of = (type) => records.filter((record) => record.t === type);
  return { userId, company: of('department')[0].id, board: of('board')[0], pipeline: of('pipeline')[0] };
}

/** Makes a department below another and returns its id. */
export async function department(admin, name, parentId) {
  const made = id();
  await admin.command('department.create', { id: made, name, parentId });
  return made;
}

/** Invites somebody with a role into a department and signs his browser in; returns his id. */
export async function hire(admin, own, { name, departmentId, role }) {
  const email = `${name.split(' ')[0].toLowerCase()}@example.com`;
  const { token } = await admin.post('/api/v1/invitations', { email, name, departmentId, role });
  // He may be on another server, which hears of the link a moment later.
  await until('the link has arrived', () => own.reached('POST', '/api/v1/invitations/look', { token }));
  return (await own.post('/api/v1/invitations/accept', { token, name, password, language: 'en' })).userId;
}

/** The ids of the open stages of a pipeline, in order. */
export const stages = (pipeline) => pipeline.f.stages.filter((stage) => stage.kind === 'open').map((stage) => stage.id);
/** The card of a deal in a column. */
export const cardIn = (page, stage, deal) => page.locator(`[data-stage="${stage}"] [data-deal="${deal}"]`);

/** How many deals stand in each stage, by its name, over all boards; and the sum of their amounts in minor units. */
export async function boardCounts(admin) {
  const { records } = await admin.get('/api/v1/bootstrap');
  const found = {};
  let sum = 0;
  for (const board of records.filter((record) => record.t === 'board')) {
    const pipeline = records.find((record) => record.id === board.f.pipelineId);
    const names = new Map(pipeline.f.stages.map((stage) => [stage.id, stage.name]));
    const { tables } = await admin.get(`/api/v1/boards/${board.id}`);
    const deals = tables.find((table) => table.t === 'deal');
    const at = (row, key) => {
      const column = deals.keys.indexOf(key);
      const words = deals.words?.[column] ?? [];
      return words.length > 0 ? words[row[3 + column]] : row[3 + column]; // a text that repeats is written once
    };
    for (const row of deals.rows) {
      const stage = names.get(at(row, 'stageId'));
      found[stage] = (found[stage] ?? 0) + 1;
      sum += at(row, 'amount')?.amount ?? 0;
    }
  }
  return { found, sum };
}

/** A server with Ana, the admin, and the department Sales with Paul, who leads it. */
export async function office(t) {
  const { url, server, browser, ana, api: anaApi, office: made } = await company(t);
  const paul = await person(browser);
  const paulApi = api(url, paul.context);
  const sales = await department(anaApi, 'Sales', made.company);
  await hire(anaApi, paulApi, { name: 'Paul Weber', departmentId: sales, role: 'lead' });
  return { server, url, browser, ana, paul, anaApi, paulApi, company: made, sales };
}

/** The pipeline of a name as it is stored. */
export async function storedPipeline(by, name) {
  const { records } = await by.get('/api/v1/bootstrap');
  return records.find((record) => record.t === 'pipeline' && record.f.name === name);
}
