// A walk through the app: a company with a little of everything, and its screens
// with what opens on them.

import { api, company, deal, department, hire, id, stages } from './company.mjs';
import { until } from './harness.mjs';

const dated = [
  'title;etapa;importe;fecha de inicio',
  'Farol del muelle;Nueva;1.500,50;03/04/2026',
  'Boya;Nueva;mucho;05/06/2026',
].join('\n');
const plain = ['title,account,deal_stage,close_value', 'Lamp,Acme,New,10', 'Rope,Acme,New,lots'].join('\n');

async function upload(url, context, name, text) {
  const answer = await context.request.fetch(`${url}/api/v1/imports`, {
    method: 'POST',
    data: Buffer.from(text),
    headers: { Origin: url, 'Content-Type': 'text/csv', 'X-File-Name': name },
  });
  return answer.json();
}

/** The company, and where its things are. */
export async function scene(t, options) {
  const made = await company(t, options);
  const { url, browser, ana, api: own, office } = made;
  const marketing = await department(own, 'Marketing', office.company);
  const guest = await browser.newContext();
  await hire(own, api(url, guest), { name: 'Paul Weber', departmentId: marketing, role: 'member' });
  await guest.close();
  await own.command('board.share', { boardId: office.board.id, departmentId: marketing, fields: [], actions: ['comment'] });
  const customer = id();
  await own.command('record.create', {
    type: 'customer',
    id: customer,
    values: {
      name: 'Harbour Yards',
      emails: ['office@harbour-yards.example'],
      phones: ['+34 912 345 678'],
      website: 'https://harbour-yards.example',
      notes: 'They paint in spring.\nCall before.',
    },
  });
  await own.command('record.create', {
    type: 'contact',
    id: id(),
    values: { name: 'Ingrid Holm', customerId: customer, jobTitle: 'Workshop lead' },
  });
  const [first, second] = stages(office.pipeline);
  const refit = await deal(own, {
    title: 'Refit of the ferry line',
    customerId: customer,
    amount: { amount: 4_242_450, currency: 'EUR' },
    expectedCloseOn: '2027-03-14',
    nextStep: 'Visit the yard',
    nextStepOn: '2027-01-05',
  });
  await own.command('deal.move', { id: refit, basedOn: 1, stageId: second });
  await deal(own, { title: 'Paint for twelve boats', customerId: customer });
  await own.command('comment.add', { id: id(), recordId: refit, text: 'They want it in spring.' });
  const thrown = await deal(own, { title: 'Old ropes' });
  await own.command('record.trash', { id: thrown });
  const waiting = await upload(url, ana.context, 'primavera.csv', dated);
  const done = await upload(url, ana.context, 'deals.csv', plain);
  await own.command('import.start', { id: done.id, settings: done.settings });
  await until('the import has ended', async () => (await own.get(`/api/v1/imports/${done.id}`)).state === 'done');
  return { ...made, customer, refit, first, second, waiting: waiting.id, done: done.id };
}

/** The screens that one can go to, by address, with what shows that they are there. */
export const screens = (at) => [
  ['boards', '/boards', 'main li a'],
  ['board', `/boards/${at.office.board.id}`, `[data-stage]`],
  ['deal', `/boards/${at.office.board.id}?deal=${at.refit}`, '[data-testid="deal-drawer"] [data-field]'],
  ['customers', '/customers', '[data-row]'],
  ['customer', `/customers/${at.customer}`, '[data-field]'],
  ['people', '/people', 'main h2'],
  ['imports', '/imports', 'main li'],
  ['import set-up', `/imports/${at.waiting}`, 'main table'],
  ['import result', `/imports/${at.done}`, '[data-testid="what-happened"]'],
  ['trash', '/trash', 'main li'],
  ['me', '/me', '#devices'],
];

/** Those on which pipelines and fields are set up; setup-accessible.e2e.mjs asks axe about them. */
export const setupScreens = (at) => [
  ['pipelines', '/setup/pipelines', 'main li'],
  ['pipeline', `/setup/pipelines/${at.office.pipeline.id}`, 'main [data-stage]'],
  ['fields', '/setup/fields', 'main h2'],
];
