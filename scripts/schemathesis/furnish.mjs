// A workspace with one of everything, and what hooks.py has to know of it.
import { randomBytes } from 'node:crypto';

const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const newId = () => `01${Array.from(randomBytes(24), (byte) => letters[byte % 32]).join('')}`;
const [anew, anewKey] = ['a new id', 'a new key']; // hooks.py puts one in

/** The API as one person uses it; a visitor has no cookie yet. */
export function asPerson(url, cookie) {
  return async (method, path, body, type = 'application/json') => {
    const headers = { Origin: url, 'Content-Type': type, ...(cookie ? { Cookie: cookie } : {}) };
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(url + path, { method, headers, body: text });
    const read = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${read}`);
    return { body: read ? JSON.parse(read) : undefined, cookie: answer.headers.get('Set-Cookie')?.split(';')[0] };
  };
}

const ana = { email: 'ana@example.com', password: 'correct horse battery staple' };
const file = [
  'opportunity_id,account,deal_stage,close_value,close_date,sales_agent',
  'A1,Acme,Won,100,2026-03-01,Ana',
  'A2,Globex,Prospecting,"1,200.50",2026-04-01,Bo',
  '',
].join('\n');

/** Sets everything up. */
export async function furnish(url) {
  const visitor = asPerson(url);
  const setup = { company: 'Nordwind Tea', currency: 'EUR', timeZone: 'Europe/Berlin', name: 'Ana', language: 'en', ...ana };
  const { cookie, body } = await visitor('POST', '/api/v1/setup', setup);
  const admin = asPerson(url, cookie);
  const office = await company(admin, body.userId);
  const bo = await hire(visitor, admin, office, 'bo@example.com');
  const eve = await hire(visitor, admin, office, 'eve@example.com');
  const invitation = (await invite(admin, office, 'cy@example.com')).body;
  const device = (await admin('GET', '/api/v1/devices')).body.devices.find((found) => found.current).id;
  return {
    cookie,
    memberCookie: eve.cookie,
    files: [file, file.replaceAll(',', ';'), 'name\n', '"', 'a,b\n1\n1,2,3\n'],
    ids: pathIds({ ...office, bo, invitation }),
    bodies: bodies({ ...office, bo, invitation, setup }),
    // The run goes on with Ana's session, and needs her to be an admin.
    spare: { [device]: newId(), [office.ana]: bo.id },
    dangerous: ['person.disable', 'member.set'],
  };
}

async function company(admin, ana) {
  const command = (name, args) => admin('POST', `/api/v1/commands/${name}`, { commandId: newId(), ...args });
  const create = async (type, values) => {
    const id = newId();
    await command('record.create', { type, id, values });
    return id;
  };
  const { records } = (await admin('GET', '/api/v1/bootstrap')).body;
  const of = (type) => records.filter((record) => record.t === type);
  const root = of('department')[0].id;
  const customers = [await create('customer', { name: 'Globex' }), await create('customer', { name: 'Acme' })];
  const contacts = [await create('contact', { name: 'Bo Lindqvist', customerId: customers[0] })];
  const deals = [];
  for (const title of ['Assam, 40 chests', 'Darjeeling, 2 chests', 'Oolong']) {
    deals.push(await create('deal', { title, customerId: customers[0] }));
  }
  // What goes into the trash, and comes out again, is there for nothing else.
  const trash = [await create('deal', { title: 'Rooibos' }), await create('customer', { name: 'Hooli' })];
  const [field, south] = [newId(), newId()];
  await command('field.define', { id: field, recordType: 'deal', key: 'harvest', kind: 'text', labels: { en: 'Harvest' } });
  await command('department.create', { id: south, name: 'South', parentId: root });
  const upload = async () => (await admin('POST', '/api/v1/imports', file, 'text/csv')).body;
  const imports = [await upload(), await upload()];
  await command('import.start', { id: imports[0].id, settings: imports[0].settings });
  return {
    ana,
    root,
    south,
    customers,
    contacts,
    deals,
    trash,
    field,
    imports,
    pipeline: of('pipeline')[0],
    boards: of('board').map((b) => b.id),
  };
}

const invite = (admin, { south }, email) =>
  admin('POST', '/api/v1/invitations', { email, name: 'Bo', departmentId: south, role: 'member' });

/** A member of South. */
async function hire(visitor, admin, office, email) {
  const { token } = (await invite(admin, office, email)).body;
  const accepted = await visitor('POST', '/api/v1/invitations/accept', {
    token,
    name: 'Bo',
    password: ana.password,
    language: 'en',
  });
  return { id: accepted.body.userId, cookie: accepted.cookie };
}

function pathIds({ deals, customers, contacts, boards, imports, ana, bo, invitation }) {
  const people = [...deals, ...customers, ...contacts];
  const uploads = imports.map((made) => made.id);
  return {
    board: boards,
    record: people,
    'record.history': people,
    'record.why': people,
    'record.readers': [...people, ...boards],
    'people.resetLink': [ana, bo.id],
    'invitations.withdraw': [invitation.id],
    'imports.get': uploads,
    'imports.preview': uploads,
    'imports.rows': uploads,
    'imports.result': uploads,
  };
}

const dealValues = {
  title: 'Assam, 40 chests',
  amount: { amount: 120_000, currency: 'EUR' },
  probability: 50,
  nextStep: 'Call',
  nextStepOn: '2026-12-01',
  'fields.harvest': 'Spring',
};

/** Good bodies of each operation that takes one. */
function bodies(known) {
  const { deals, customers, contacts, imports, invitation, setup } = known;
  const records = [...deals, ...customers, ...contacts].map((id) => ({ id, basedOn: 1 }));
  const preview = imports.map(({ id, settings }) => ({ id, settings }));
  const commands = {
    ...ofRecords(known, records),
    ...ofCompany(known),
    'import.start': preview,
    'import.cancel': preview.map(({ id }) => ({ id })),
    undo: [...Array.from({ length: 12 }, (_, i) => ({ offset: i + 40 })), { group: imports[0].id }],
  };
  const withId = ([name, list]) => [name, list.map((args) => ({ commandId: anew, ...args }))];
  return {
    ...Object.fromEntries(Object.entries(commands).map(withId)),
    setup: [setup],
    'session.begin': [{ email: 'nobody@example.com', password: 'no such password' }],
    'password.change': [{ current: ana.password, password: 'another horse battery staple' }],
    'invitations.create': [{ email: 'dee@example.com', name: 'Dee', departmentId: known.south, role: 'lead' }],
    'invitations.look': [{ token: invitation.token }],
    'invitations.accept': [{ token: invitation.token, name: 'Cy', password: ana.password, language: 'es' }],
    'imports.preview': preview.map(({ settings }) => ({ settings })),
  };
}

function ofRecords({ deals, customers, contacts, trash, root, south, pipeline, ana, field }, records) {
  const ids = records.map(({ id }) => ({ id }));
  const [first, second] = pipeline.f.stages;
  return {
    'record.create': [
      {
        type: 'deal',
        id: anew,
        values: { ...dealValues, customerId: customers[0], departmentId: south, pipelineId: pipeline.id },
      },
      { type: 'customer', id: anew, values: { name: 'Initech', website: 'https://example.com', ownerId: ana } },
      {
        type: 'contact',
        id: anew,
        values: { name: 'Dee', customerId: customers[1], emails: ['dee@example.com'], phones: ['+49 30 123456'] },
      },
    ],
    'record.edit': [
      ...deals.map((id) => ({ id, basedOn: 1, values: { ...dealValues, customerId: customers[1], contactId: contacts[0] } })),
      { id: customers[0], basedOn: 1, values: { name: 'Globex' } },
      { id: contacts[0], basedOn: 1, values: { name: 'Bo', emails: [], customerId: null } },
    ],
    'record.trash': trash.map((id) => ({ id })),
    'record.restore': trash.map((id) => ({ id })),
    'record.assign': records.map((args) => ({ ...args, ownerId: ana })),
    'record.share': ids.map((args) => ({ ...args, departmentIds: [root, south] })),
    'comment.add': ids.map(({ id }) => ({ id: anew, recordId: id, text: 'They like it strong.' })),
    'deal.move': deals.map((id, i) => ({
      id,
      basedOn: 1,
      pipelineId: '',
      stageId: (i ? first : second).id,
      afterId: '',
      beforeId: deals[(i + 1) % 3],
      lostReason: '',
      values: dealValues,
    })),
    'field.define': [
      {
        id: anew,
        recordType: 'deal',
        key: anewKey,
        kind: 'choice',
        labels: { en: 'Colour' },
        choices: [{ key: 'red', labels: { en: 'Red' } }],
        group: 'standard',
        why: 'Because',
      },
      { id: anew, recordType: 'customer', key: anewKey, kind: 'number', labels: { en: 'Size', es: 'Tamaño' } },
    ],
    'field.edit': [
      { id: field, basedOn: 1, values: { labels: { en: 'Harvested' }, group: 'notes', required: false, why: 'Buyers ask' } },
    ],
  };
}

function ofCompany({ boards, root, south, pipeline, bo, ana }) {
  const stages = pipeline.f.stages.map((stage) => ({
    idleDays: 0,
    requires: [],
    from: [],
    why: '',
    ...stage,
    labels: undefined,
  }));
  const keys = ['id', 'name', 'kind', 'probability', 'idleDays', 'requires', 'from', 'why'];
  const plain = stages.map((stage) => Object.fromEntries(keys.map((key) => [key, stage[key]])));
  const args = { basedOn: 1, name: 'Sales', departmentId: root, stages: plain, lostReasons: ['Price'] };
  return {
    'pipeline.save': [
      { id: pipeline.id, ...args },
      { id: anew, ...args, basedOn: 0 },
    ],
    'board.create': [{ id: anew, name: 'South', pipelineId: pipeline.id, departmentId: south }],
    'board.share': [{ boardId: boards[0], departmentId: south, fields: ['money'], actions: ['see', 'move'] }],
    'board.unshare': [{ boardId: boards[0], departmentId: south }],
    'department.create': [{ id: anew, name: 'East', parentId: south }],
    'department.edit': [{ id: south, basedOn: 1, name: 'The South', parentId: root }],
    'member.set': [
      { userId: bo.id, departmentId: south, role: 'lead' },
      { userId: bo.id, departmentId: root, role: '' },
    ],
    'person.edit': [
      { id: ana, basedOn: 1, name: 'Ana', language: 'ru', jobTitle: 'Buyer' },
      { id: bo.id, basedOn: 1, name: 'Bo' },
    ],
    'person.disable': [{ id: bo.id }],
    'person.enable': [{ id: bo.id }],
  };
}
