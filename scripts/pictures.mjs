/**
 * Makes the pictures of docs/images from a real federation: the demo's coordinator and agents, a
 * browser tab that has joined, and the dashboard while they learn.
 *
 *     node scripts/pictures.mjs [--agents N] [--rounds N] [--out FOLDER]
 *
 * The pictures are taken after that many rounds, in the middle of the next one.
 */
import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { browserOrExit, endingAll, ROOT } from './picture-making.mjs';

const SIZE = { width: 1440, height: 900 };
/** Above this a picture is reduced to 256 colours. */
const MOST_BYTES = 300_000;

const { values } = parseArgs({ options: { agents: { type: 'string', default: '10' }, rounds: { type: 'string', default: '10' }, out: { type: 'string', default: join(ROOT, 'docs/images') } } });
const agents = Number(values.agents);
const rounds = Number(values.rounds);
const out = resolve(values.out);

const executablePath = await browserOrExit('pictures.mjs', 'The pictures need');
const { chromium } = await import('playwright-core');
const { default: sharp } = await import('sharp');
const { startServer } = await import('../dist/server/index.js');
const { systemClock } = await import('../dist/shared/clock.js');
const { demoFiles } = await import('../dist/cli/demo/demo-files.js');
const { DEMO_TASK, demoDataset, demoTask } = await import('../dist/cli/demo/demo-task.js');
const { startFleet } = await import('../dist/cli/demo/fleet.js');
const { mnistContract, mnistExamples } = await import('../dist/simulations/datasets/mnist.js');

/** The PNG that playwright gives, smaller. */
async function writePicture(name, png) {
  const path = join(out, name);
  await sharp(png).png({ compressionLevel: 9, effort: 10 }).toFile(path);
  if ((await stat(path)).size > MOST_BYTES) await sharp(png).png({ palette: true, effort: 10 }).toFile(path);
  console.log(`${path}  ${Math.round((await stat(path)).size / 1000)} kB`);
}

/** Resolves with the live state for which `wanted` holds. */
function whenLive(server, wanted) {
  return new Promise((found) => {
    const off = server.onLive((state) => {
      if (!wanted(state)) return;
      off();
      found(state);
    });
  });
}

await endingAll('pictures', 'The pictures were not made', async (data, ends) => {
  const server = await startServer({
    data: join(data, 'coordinator'), port: 0, enrolment: { open: true }, files: await demoFiles(),
    evaluation: { [DEMO_TASK]: () => mnistExamples('test', mnistContract({ flat: true })) },
  });
  ends.push(() => server.stop());
  // The tab is one of those that the round waits for.
  await server.createTask(demoTask({ agents: agents + 1, rounds: null }));
  const offRounds = server.onRounds((_task, ended) => ended.forEach(({ round, outcome, accuracy }) => console.log(`round ${round} ${outcome}, accuracy ${accuracy === null ? '–' : `${(100 * accuracy).toFixed(2)} %`}`)));
  ends.push(() => offRounds());

  const browser = await chromium.launch({ executablePath, headless: true, args: ['--no-sandbox', '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--hide-scrollbars'] });
  ends.push(() => browser.close());
  const open = async (path, colorScheme) => {
    const context = await browser.newContext({ viewport: SIZE, colorScheme, locale: 'en-GB' });
    context.setDefaultTimeout(600_000);
    const page = await context.newPage();
    await page.goto(`${server.url}${path}`);
    return page;
  };
  const light = await open('/', 'light');
  const dark = await open('/', 'dark');
  const below = await open('/', 'light');
  const tab = await open('/join?backend=wasm', 'light');

  const settings = Array.from({ length: agents }, (_, i) => {
    const name = `agent-${String(i + 1).padStart(2, '0')}`;
    return { url: server.url, name, dataset: demoDataset(i + 1, agents), stateFolder: join(data, name) };
  });
  const fleet = startFleet({ agents: settings, clock: systemClock, module: join(ROOT, 'dist/cli/demo/agent-process.js'), onNote: (text) => console.log(text) });
  ends.push(() => fleet.stop());
  await server.startTask(DEMO_TASK);
  await tab.getByTestId('offer-tasks').locator('li').first().waitFor();
  await tab.getByTestId('agree').click();

  const learning = (task) => task.round > rounds && task.phase === 'reporting';
  // A third of the reports are in: the phase's bar and the edges' activities show something.
  const dashboards = whenLive(server, ({ tasks }) => tasks.some((task) => learning(task) && task.reported >= task.goal / 3)).then(async () => {
    // Taken at once, reduced afterwards: the round goes on meanwhile.
    const [edges, inLight, inDark] = await Promise.all([below.locator('section[aria-labelledby=edges-title]').screenshot(), light.screenshot(), dark.screenshot()]);
    for (const [name, png] of [['dashboard.png', inLight], ['dashboard-dark.png', inDark], ['edges.png', edges]]) await writePicture(name, png);
  });
  const joined = whenLive(server, ({ tasks }) => tasks.some((task) => task.round > Math.min(rounds, 3))).then(async () => {
    await tab.waitForFunction(() => /train/i.test(document.querySelector('[data-testid=status]')?.textContent ?? ''));
    await writePicture('join.png', await tab.screenshot());
  });
  await mkdir(out, { recursive: true });
  const lost = fleet.lost.then(() => Promise.reject(new Error('every agent crashed too often')));
  await Promise.race([Promise.all([dashboards, joined]), lost]);
});
