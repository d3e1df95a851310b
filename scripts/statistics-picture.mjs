/**
 * Makes the picture of docs/statistics.md from a real federation: two agents with the flowers of docs/flowers, a coordinator
 * that asks them for statistics, and the dashboard when it has them.
 *
 *     node scripts/statistics-picture.mjs [--out FOLDER]
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureChromium, INSTALL_HINT } from './chromium.mjs';
import { setUpOrExit } from './setup.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SIZE = { width: 1200, height: 900 };

const { values } = parseArgs({ options: { out: { type: 'string', default: join(ROOT, 'docs/images') } } });

await setUpOrExit();
const executablePath = await ensureChromium(ROOT, (line) => console.log(line));
if (executablePath === null) {
  console.error(`The picture needs a browser. ${INSTALL_HINT.replace('npm test', 'node scripts/statistics-picture.mjs')}`);
  process.exit(1);
}
const { chromium } = await import('playwright-core');
const { default: sharp } = await import('sharp');
const { startServer } = await import('../dist/server/index.js');
const { startAgent } = await import('../dist/client/node/agent.js');
const { openDatasetSource } = await import('../dist/client/datasets/node/open-source.js');

const folder = await mkdtemp(join(tmpdir(), 'murmuration-statistics-'));
/** What was started, ended in the opposite order. */
const ends = [() => rm(folder, { recursive: true, force: true })];
try {
  const spec = JSON.parse(await readFile(join(ROOT, 'docs/flowers/statistics.json'), 'utf8'));
  const server = await startServer({ data: join(folder, 'coordinator'), port: 0, enrolment: { open: true } });
  ends.push(() => server.stop());
  await server.createTask(spec);
  await server.startTask(spec.name);
  for (const name of ['garden', 'meadow']) {
    const agent = await startAgent({ url: server.url, name, backend: 'cpu', stateFolder: join(folder, name), dataset: () => openDatasetSource(`csv:${join(ROOT, 'docs/flowers', `${name}.csv`)}`) });
    ends.push(() => agent.stop());
  }
  const browser = await chromium.launch({ executablePath, headless: true, args: ['--no-sandbox', '--hide-scrollbars'] });
  ends.push(() => browser.close());
  await mkdir(values.out, { recursive: true });
  for (const [colorScheme, name] of [['light', 'statistics.png'], ['dark', 'statistics-dark.png']]) {
    const page = await browser.newPage({ viewport: SIZE, colorScheme });
    await page.goto(server.url);
    await page.getByTestId('covariance').waitFor({ timeout: 120_000 });
    const file = join(values.out, name);
    await sharp(await page.getByTestId('result').screenshot()).png({ palette: true, effort: 10 }).toFile(file);
    console.log(file);
    await page.close();
  }
} catch (error) {
  console.error(`The picture was not made: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  for (const end of ends.reverse()) await end();
}
