// An invented company for browser tests, made through the API.
import assert from 'node:assert/strict';
import { folder, freePort, person, startBrowser, startRapport } from './harness.mjs';

export const password = 'a long enough sentence';

/** A ULID-shaped id; the server checks the shape only. */
export function id() {
  const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  return `01${Array.from({ length: 24 }, () => letters[Math.floor(Math.random() * 32)]).join('')}`;
}

/** The API as one signed-in browser uses it. */
export function api(url, context) {
  const send = async (method, path, data, headers = {}) => {
    const answer = await context.request.fetch(url + path, { method, data, headers: { Origin: url, ...headers } });
    const body = await answer.text();
    assert.ok(answer.ok(), `${method} ${path}: ${answer.status()} ${body}`);
    return body ? JSON.parse(body) : undefined;
  };
  return {
    get: (path) => send('GET', path),
    post: (path, data, headers) => send('POST', path, data, headers),
    command: (name, args) => send('POST', `/api/v1/commands/${name}`, { commandId: id(), ...args }),
  };
}

/** Sets the company up; its first person, Ana, is signed in with this browser and is the admin. */
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

/** Makes a department below another; returns its id. */
export async function department(admin, name, parentId) {
  const made = id();
  await admin.command('department.create', { id: made, name, parentId });
  return made;
}

/** Invites somebody with a role and signs him in with his own browser. */
export async function hire(admin, own, { name, departmentId, role }) {
  const email = `${name.split(' ')[0].toLowerCase()}@example.com`;
  const { token } = await admin.post('/api/v1/invitations', { email, name, departmentId, role });
  await own.post('/api/v1/invitations/accept', { token, name, password, language: 'en' });
}

/** A server with Ana, the admin, and the department Sales with Paul, who leads it. */
export async function office(t) {
  const server = await startRapport(t, { data: folder(t), port: await freePort() });
  const browser = await startBrowser(t);
  const ana = await person(browser);
  const paul = await person(browser);
  const anaApi = api(server.url, ana.context);
  const paulApi = api(server.url, paul.context);
  const company = await setUp(anaApi);
  const sales = await department(anaApi, 'Sales', company.company);
  await hire(anaApi, paulApi, { name: 'Paul Weber', departmentId: sales, role: 'lead' });
  return { server, url: server.url, browser, ana, paul, anaApi, paulApi, company, sales };
}

/** The pipeline of a name as it is stored. */
export async function storedPipeline(by, name) {
  const { records } = await by.get('/api/v1/bootstrap');
  return records.find((record) => record.t === 'pipeline' && record.f.name === name);
}
