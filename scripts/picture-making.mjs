/** What the scripts that make pictures of pages have in common: a browser or a plain refusal, an end of all that they started, light and dark. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChromium, INSTALL_HINT } from './chromium.mjs';
import { setUpOrExit } from './setup.mjs';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Sets up what is missing, then the path of a browser; where there is none the process ends.
 * @param {string} script of this folder, for the hint
 * @param {string} needs who needs it: `The picture needs`
 */
export async function browserOrExit(script, needs) {
  await setUpOrExit();
  const executablePath = await ensureChromium(ROOT, (line) => console.log(line));
  if (executablePath !== null) return executablePath;
  console.error(`${needs} a browser. ${INSTALL_HINT.replace('npm test', `node scripts/${script}`)}`);
  process.exit(1);
}

/**
 * Runs `work` with a folder of its own and a list of what is to be ended: the last first, whatever happens.
 * @param {string} name of the folder
 * @param {string} failed what to say where it throws: `The picture was not made`
 * @param {(folder: string, ends: (() => unknown)[]) => Promise<void>} work
 */
export async function endingAll(name, failed, work) {
  const folder = await mkdtemp(join(tmpdir(), `murmuration-${name}-`));
  const ends = [() => rm(folder, { recursive: true, force: true })];
  try {
    await work(folder, ends);
  } catch (error) {
    console.error(`${failed}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/**
 * A page in light and in dark colours, as `NAME.png` and `NAME-dark.png`, each of 256 colours at most.
 * @param {{ executablePath: string, ends: (() => unknown)[], url: string, size: { width: number, height: number }, out: string, name: string }} options
 * @param {(page: import('playwright-core').Page) => Promise<Buffer>} take
 */
export async function inBothSchemes({ executablePath, ends, url, size, out, name }, take) {
  const { chromium } = await import('playwright-core');
  const { default: sharp } = await import('sharp');
  const browser = await chromium.launch({ executablePath, headless: true, args: ['--no-sandbox', '--hide-scrollbars'] });
  ends.push(() => browser.close());
  await mkdir(out, { recursive: true });
  for (const [colorScheme, file] of [['light', join(out, `${name}.png`)], ['dark', join(out, `${name}-dark.png`)]]) {
    const page = await browser.newPage({ viewport: size, colorScheme });
    await page.goto(url);
    await sharp(await take(page)).png({ palette: true, effort: 10 }).toFile(file);
    console.log(file);
    await page.close();
  }
}
