/** The plots of docs/benchmarks.md are drawn from stored runs, in a real browser, and need nothing of the page around them. */
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumIsMissing, findChromium, launchChromium } from '../helpers/chromium.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PLOTS = ['aggregate', 'connect', 'round', 'train', 'wire'];
const files = PLOTS.flatMap((name) => [`${name}.svg`, `${name}-dark.svg`]).sort();

it('the page shows every plot, on light pages and on dark ones, and each is there', async () => {
  const page = await readFile(join(ROOT, 'docs/benchmarks.md'), 'utf8');
  const shown = [...page.matchAll(/images\/bench\/([\w-]+\.svg)/g)].map(([, name]) => name).sort();
  expect(shown).toEqual(files);
  expect((await readdir(join(ROOT, 'docs/images/bench'))).sort()).toEqual(files);
});

describe.skipIf(chromiumIsMissing())('the plots', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'murmuration-'));
    await copyFile(join(ROOT, 'docs/benchmarks.md'), join(folder, 'page.md'));
    await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/plots.mjs'), '--out', join(folder, 'svg'), '--page', join(folder, 'page.md')], { env: { ...process.env, MURMUR_CHROMIUM: findChromium() ?? '' } });
  }, 600_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are drawn from what is stored, and the page is as it would be written', async () => {
    expect((await readdir(join(folder, 'svg'))).sort()).toEqual(files);
    expect(await readFile(join(folder, 'page.md'), 'utf8')).toBe(await readFile(join(ROOT, 'docs/benchmarks.md'), 'utf8'));
  });

  it('are pictures by themselves: no style or colour comes from elsewhere, and every case of the training is in its own', async () => {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      for (const file of files) {
        const svg = await readFile(join(folder, 'svg', file), 'utf8');
        expect(svg).not.toMatch(/var\(|currentColor|NaN|undefined|href=/);
        // Throws where it is no well-formed picture.
        const { width, height } = await page.evaluate(async (text) => {
          const image = new Image();
          image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
          await image.decode();
          return { width: image.naturalWidth, height: image.naturalHeight };
        }, svg);
        expect(width).toBe(840);
        expect(height).toBeGreaterThan(150);
      }
    } finally {
      await browser.close();
    }
    const train = await readFile(join(folder, 'svg', 'train.svg'), 'utf8');
    for (const group of ['2NN, batch 10', '2NN, batch 32', 'CNN, batch 10', 'GRU, batch 10', 'LSTM, batch 10']) expect(train).toContain(group);
  });
});
