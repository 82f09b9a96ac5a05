// What people wait for in a real browser: a large board from nothing to usable, and
// a drop on one screen until it is painted on another. Writes figures as the bench
// does, to the file that is its first argument. The second is the bench's program,
// which is the yardstick too.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { api, cardIn, company, deal, department, hire, stages } from '../../frontend/e2e/company.mjs';
import { person, until } from '../../frontend/e2e/harness.mjs';

const loads = 5;
const dropRuns = 5;
const dropsPerRun = 20;
const deals = 10_000;

function sampleOf(runs) {
  const sorted = [...runs].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, least: sorted[0], most: sorted.at(-1), runs: sorted.length };
}

/** The figures of one measure, as report.go has them; bare are those of the yardstick. */
function figure(what, unit, runs, limit, goal, bare) {
  const ours = sampleOf(runs);
  const beside = bare && { yardstick: sampleOf(bare), against: 'a bare page', ratio: ours.median / sampleOf(bare).median };
  return { what, unit, ours, ...beside, goal, met: ours.median <= limit };
}

/** The 95th percentile of some times. */
const p95Of = (times) => [...times].sort((a, b) => a - b)[Math.floor(0.95 * times.length)];

/** Starts the bare server; returns its address. */
async function startBare(t) {
  const server = spawn(process.argv[3], ['serve-bare'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => server.kill());
  const [line] = await once(createInterface({ input: server.stdout }), 'line');
  return line;
}

/** Makes a board of 10,000 deals by an import and returns its id. */
async function largeBoard(url, ana, own) {
  const rows = ['opportunity_id,title,account,deal_stage,close_value'];
  for (let i = 0; i < deals; i++) {
    const stage = ['Prospecting', 'Engaging', 'Won', 'Lost'][i % 4];
    rows.push(`N${i},${stage} ${Math.floor(i / 4) + 1},Account ${i % 300},${stage},${1000 + i}`);
  }
  const upload = await ana.context.request.fetch(`${url}/api/v1/imports`, {
    method: 'POST',
    data: Buffer.from(rows.join('\n')),
    headers: { Origin: url, 'Content-Type': 'text/csv', 'X-File-Name': 'ten-thousand.csv' },
  });
  const { id, settings } = await upload.json();
  await own.command('import.start', { id, settings });
  let boardId;
  await until('the deals are there', async () => {
    const now = await own.get(`/api/v1/imports/${id}`);
    boardId = now.boardId;
    return now.state === 'done';
  });
  return boardId;
}

/** Notes in the page when its cards and the count of all deals are painted. */
function noteUsable() {
  const look = () => {
    const cards = document.querySelectorAll('[data-deal]').length;
    const facts = document.querySelector('[data-testid="board-facts"]')?.textContent ?? '';
    if (cards < 4 || !facts.includes('10,000')) return requestAnimationFrame(look);
    // The second frame from here begins when the first has been painted.
    requestAnimationFrame(() => requestAnimationFrame(() => (window.usableAt = performance.now())));
  };
  requestAnimationFrame(look);
}

/** How long a page takes that only loads the same answer and paints the top of it. */
async function bareLoad(browser, bare) {
  const { page, context } = await person(browser);
  await page.goto(`${bare}/page#load`);
  const at = await page.evaluate(() => window.loaded);
  await context.close();
  return at / 1000;
}

async function measureLoads({ url, browser, ana, api: own }, bare) {
  const boardId = await largeBoard(url, ana, own);
  const storageState = await ana.context.storageState();
  const seconds = [];
  const kilobytes = [];
  const barely = [];
  await fetch(`${bare}/body`, { method: 'POST', body: JSON.stringify(await own.get(`/api/v1/boards/${boardId}`)) });
  for (let run = 0; run < loads; run++) {
    const fresh = await person(browser, { storageState });
    await fresh.page.addInitScript(noteUsable);
    await fresh.page.goto(`${url}/boards/${boardId}`);
    const at = await (await fresh.page.waitForFunction(() => window.usableAt)).jsonValue();
    const bytes = await fresh.page.evaluate(
      (end) =>
        performance
          .getEntriesByType('resource')
          .filter(({ name, responseEnd }) => name.endsWith('.js') && responseEnd <= end)
          .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
      at,
    );
    seconds.push(at / 1000);
    kilobytes.push(bytes / 1000);
    await fresh.context.close();
    barely.push(await bareLoad(browser, bare));
  }
  return [
    figure('first load of the board: JavaScript over the wire', 'kB', kilobytes, 250, '≤ 250 kB'),
    figure('a board of 10,000 deals in Chromium: from an empty cache to usable', 's', seconds, 2, '≤ 2 s', barely),
  ];
}

/** Notes in the page when a card arrives in a stage and is painted there. */
function noteArrivals() {
  window.arrivedIn = (stage, id) =>
    new Promise((resolve) => {
      const look = () => {
        if (!document.querySelector(`[data-stage="${stage}"] [data-deal="${id}"]`)) return requestAnimationFrame(look);
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now())));
      };
      look();
    });
  document.addEventListener('drop', () => (window.droppedAt = performance.timeOrigin + performance.now()), true);
}

/** How long a change on one bare page takes to the paint on another. */
async function bareChanges(browser, bare) {
  const [one, other] = [await person(browser), await person(browser)];
  for (const { page } of [one, other]) {
    await page.goto(`${bare}/page`);
    await page.waitForFunction(() => window.welcome);
  }
  const p95s = [];
  for (let run = 0; run <= dropRuns; run++) {
    const times = [];
    for (let n = run * dropsPerRun; n < (run + 1) * dropsPerRun; n++) {
      const painted = other.page.evaluate((n) => window.arrived(n), n);
      const at = await one.page.evaluate((n) => window.change(n), n);
      times.push((await painted) - at);
    }
    if (run > 0) p95s.push(p95Of(times)); // the first one warms up
  }
  await Promise.all([one, other].map(({ context }) => context.close()));
  return p95s;
}

async function measureDrops({ url, browser, ana, api: own, office }, bare) {
  const paul = await person(browser);
  const marketing = await department(own, 'Marketing', office.company);
  await hire(own, api(url, paul.context), { name: 'Paul Weber', departmentId: marketing, role: 'member' });
  await own.command('board.share', { boardId: office.board.id, departmentId: marketing, fields: [], actions: [] });
  const id = await deal(own, { title: 'Refit of the ferry line' });
  const [first, second] = stages(office.pipeline);
  for (const { page } of [ana, paul]) {
    await page.addInitScript(noteArrivals);
    await page.goto(`${url}/boards/${office.board.id}`);
    await cardIn(page, first, id).waitFor();
  }
  const p95s = [];
  for (let run = 0; run <= dropRuns; run++) {
    const times = [];
    for (let drop = 0; drop < dropsPerRun; drop++) {
      const [from, to] = drop % 2 === 0 ? [first, second] : [second, first];
      const painted = paul.page.evaluate(([stage, id]) => window.arrivedIn(stage, id), [to, id]);
      await cardIn(ana.page, from, id).dragTo(ana.page.locator(`[data-stage="${to}"]`));
      const at = await painted;
      times.push(at - (await ana.page.evaluate(() => window.droppedAt)));
    }
    if (run > 0) p95s.push(p95Of(times)); // the first one warms up
  }
  const barely = await bareChanges(browser, bare);
  return [figure('a drop on one screen to paint on another: p95', 'ms', p95s, 150, '≤ 150 ms', barely)];
}

const ends = [];
const t = { after: (end) => ends.unshift(end) };
try {
  const made = await company(t);
  const bare = await startBare(t);
  const figures = [...(await measureDrops(made, bare)), ...(await measureLoads(made, bare))];
  writeFileSync(process.argv[2], JSON.stringify(figures, null, 2));
} catch (error) {
  rmSync(process.argv[2], { force: true });
  throw error;
} finally {
  for (const end of ends) await end();
}
