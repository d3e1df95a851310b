/**
 * Makes the picture of a simulation's report in docs/images, from the folders of runs that were made before:
 *
 *     npm run murmur -- simulate fedavg-2nn-iid
 *     node scripts/report-picture.mjs data/simulations/fedavg-2nn-iid-seed1 [FOLDER …] [--out FOLDER]
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureChromium, INSTALL_HINT } from './chromium.mjs';
import { setUpOrExit } from './setup.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SIZE = { width: 1400, height: 1000 };

const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: 'string', default: join(ROOT, 'docs/images') } } });
if (positionals.length === 0) {
  console.error('Name the folder of a run: node scripts/report-picture.mjs FOLDER');
  process.exit(2);
}

await setUpOrExit();
const executablePath = await ensureChromium(ROOT, (line) => console.log(line));
if (executablePath === null) {
  console.error(`The picture needs a browser. ${INSTALL_HINT.replace('npm test', 'node scripts/report-picture.mjs')}`);
  process.exit(1);
}
const { chromium } = await import('playwright-core');
const { default: sharp } = await import('sharp');
const { readRecord } = await import('../dist/simulations/run/read-record.js');
const { writeReport } = await import('../dist/simulations/report/write-report.js');

const folder = await mkdtemp(join(tmpdir(), 'murmuration-report-'));
const ends = [() => rm(folder, { recursive: true, force: true })];
try {
  const path = join(folder, 'report.html');
  await writeReport(await Promise.all(positionals.map((run) => readRecord(run))), path);
  const browser = await chromium.launch({ executablePath, headless: true, args: ['--no-sandbox', '--hide-scrollbars'] });
  ends.push(() => browser.close());
  await mkdir(values.out, { recursive: true });
  for (const [colorScheme, name] of [['light', 'simulation-report.png'], ['dark', 'simulation-report-dark.png']]) {
    const page = await browser.newPage({ viewport: SIZE, colorScheme });
    await page.goto(pathToFileURL(path).href);
    const file = join(values.out, name);
    await sharp(await page.screenshot()).png({ palette: true, effort: 10 }).toFile(file);
    console.log(file);
    await page.close();
  }
} catch (error) {
  console.error(`The picture was not made: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  for (const end of ends.reverse()) await end();
}
