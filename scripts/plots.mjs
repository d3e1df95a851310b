/**
 * Draws what docs/benchmarks.md shows from the stored runs in docs/benchmarks, and writes that page's tables anew:
 *
 *     npm run --silent bench -- all --plots --save docs/benchmarks     (measures; on a quiet machine, for an hour)
 *     node scripts/plots.mjs [--runs FOLDER] [--out FOLDER] [--page FILE] [--png FOLDER]
 *
 * Each plot is an SVG for light pages and one for dark ones, with its fonts and colours inside. `--png` gives a picture
 * of each besides, to look at.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { browserOrExit, ROOT } from './picture-making.mjs';
import { withTables } from './plots/tables.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: join(ROOT, 'docs/benchmarks') }, out: { type: 'string', default: join(ROOT, 'docs/images/bench') }, page: { type: 'string', default: join(ROOT, 'docs/benchmarks.md') }, png: { type: 'string' } } });

const executablePath = await browserOrExit('plots.mjs', 'The plots need');
const { chromium } = await import('playwright-core');
const { readStoredRun } = await import('../dist/simulations/benchmarks/stored-run.js');
const { spreadOf } = await import('../dist/simulations/benchmarks/summary.js');

/** A figure with the few numbers that are drawn. */
const summarised = ({ samples, baselineSamples, ...figure }) => ({ ...figure, ours: spreadOf(samples), baseline: baselineSamples === null ? null : spreadOf(baselineSamples) });

async function pageScript() {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'scripts/plots/page.mjs')], bundle: true, write: false, format: 'iife', platform: 'browser', target: 'es2022', conditions: ['browser', 'module'], logLevel: 'silent',
  });
  return outputFiles[0].text;
}

const run = await readStoredRun(values.runs).catch((error) => {
  console.error(`No plot was made: ${error.message}`);
  process.exit(1);
});
const figures = run.figures.map(summarised);
await Promise.all([values.out, ...(values.png === undefined ? [] : [values.png])].map((folder) => mkdir(folder, { recursive: true })));
const browser = await chromium.launch({ executablePath, headless: true, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ viewport: { width: 1000, height: 1200 }, locale: 'en-GB' });
  page.on('pageerror', (error) => console.error(error.message));
  await page.addScriptTag({ content: await pageScript() });
  for (const theme of ['light', 'dark']) {
    for (const { name, svg, reason } of await page.evaluate(({ figures, theme }) => globalThis.drawPlots(figures, theme), { figures, theme })) {
      if (svg === null) {
        if (theme === 'light') console.log(`${name}: not drawn, ${reason}`);
        continue;
      }
      const file = `${name}${theme === 'dark' ? '-dark' : ''}`;
      await writeFile(join(values.out, `${file}.svg`), `${svg}\n`);
      console.log(join(values.out, `${file}.svg`));
      if (values.png === undefined) continue;
      // As a page shows it: by itself, without the styles around it.
      const alone = await browser.newPage({ viewport: { width: 900, height: 900 } });
      await alone.setContent(`<body style="margin:0;background:${theme === 'dark' ? '#000' : '#fff'}"><img src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}">`);
      await alone.locator('img').screenshot({ path: join(values.png, `${file}.png`) });
      await alone.close();
    }
  }
} finally {
  await browser.close();
}
await writeFile(values.page, withTables(await readFile(values.page, 'utf8'), figures, run.begins));
console.log(values.page);
