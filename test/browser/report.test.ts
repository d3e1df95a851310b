/** The report in a real browser, from a file: everything in it, nothing from elsewhere, on narrow screens and wide ones. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeReport } from '../../simulations/report/write-report.ts';
import { chromiumIsMissing, collectPageErrors, launchChromium } from '../helpers/chromium.ts';
import { sampleRecord } from '../helpers/sample-record.ts';

describe.skipIf(chromiumIsMissing())('the report', () => {
  let browser: Browser;
  let folder = '';
  beforeAll(async () => {
    browser = await launchChromium();
    folder = await mkdtemp(join(tmpdir(), 'murmuration-report-page-'));
    await writeReport([sampleRecord({ rounds: 90, pace: 5 })], join(folder, 'one.html'));
    await writeReport([sampleRecord({ seed: 1, pace: 5 }), sampleRecord({ seed: 2, pace: 5 }), sampleRecord({ scenario: 'oort', pace: 3 })], join(folder, 'several.html'));
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(name: string, width: number, colorScheme: 'light' | 'dark' = 'light') {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const errors = collectPageErrors(page);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    const url = pathToFileURL(join(folder, name)).href;
    await page.goto(url);
    return { page, errors, asked, url };
  }

  it.each(['one.html', 'several.html'])('%s asks for nothing but itself, and fits 400 px and 1400 px', async (name) => {
    for (const width of [400, 1400]) {
      const { page, errors, asked, url } = await open(name, width);
      expect(errors).toEqual([]);
      expect(asked).toEqual([url]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      // Text of a plot, as it is shown: no smaller than 8.5 px.
      const sizes = await page.$$eval('figure svg text', (texts) => texts.filter((text) => text.getClientRects().length > 0).map((text) => {
        const shown = [...(text.closest('figure') as HTMLElement).querySelectorAll<SVGSVGElement>('svg[role=img]')].find((plot) => plot.contains(text)) as SVGSVGElement;
        return (parseFloat(getComputedStyle(text).fontSize) * shown.getBoundingClientRect().width) / shown.viewBox.baseVal.width;
      }));
      expect(sizes.length).toBeGreaterThan(50);
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(8.5);
      await page.close();
    }
  });

  it('draws every bar whole, the last one, too', async () => {
    for (const rounds of [1, 4, 20, 150]) {
      await writeReport([sampleRecord({ rounds })], join(folder, 'bars.html'));
      const { page } = await open('bars.html', 1400);
      const beyond = await page.$$eval('figure', (figures) => figures.filter((figure) => /Why edges|Where the time/.test(figure.textContent ?? '')).flatMap((figure) => {
        const clip = figure.querySelector<SVGSVGElement>('svg svg') as SVGSVGElement;
        return [...clip.querySelectorAll('path')].map((path) => path.getBBox()).map(({ x, width }) => x + width - clip.width.baseVal.value);
      }));
      expect(beyond.length).toBeGreaterThan(4);
      // Coordinates are rounded to a tenth of a pixel.
      expect(Math.max(...beyond)).toBeLessThan(0.2);
      await page.close();
    }
  });

  it('is dark where its reader likes that', async () => {
    const ground = async (scheme: 'light' | 'dark'): Promise<string> => {
      const { page } = await open('one.html', 1000, scheme);
      const color = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await page.close();
      return color;
    };
    expect(await ground('light')).toBe('rgb(243, 245, 249)');
    expect(await ground('dark')).toBe('rgb(12, 16, 24)');
  });

  it('has its plots, its target and its table of rounds', async () => {
    const { page } = await open('one.html', 1400);
    expect(await page.locator('h3').allTextContents()).toEqual([
      'Accuracy by round', 'Accuracy by virtual time', 'Loss by round', 'Loss by virtual time', 'Participation', 'Eligible edges', 'Why edges were not chosen', 'Where the time went',
      'Bytes of each round', 'Bytes in all', 'How often edges took part', expect.stringMatching(/^Even shares: Gini 0\.\d{3}$/), 'By device class',
    ]);
    expect(await page.locator('svg .note:visible').allTextContents()).toEqual(expect.arrayContaining(['target 97\u00a0%', expect.stringMatching(/^round \d+\.\d$/)]));
    expect(await page.locator('.flag').count()).toBeGreaterThan(0);
    const table = page.locator('details', { hasText: 'All rounds' });
    expect(await table.locator('tbody tr').first().isVisible()).toBe(false);
    await table.locator('summary').click();
    expect(await table.locator('tbody tr').count()).toBe(90);
    expect(await table.locator('tbody tr').first().isVisible()).toBe(true);
    await page.close();
  });
});
