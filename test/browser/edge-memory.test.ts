/** What a browser's edge keeps in IndexedDB is there in the next tab, as it was. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumIsMissing, collectPageErrors, launchChromium } from '../helpers/chromium.ts';

describe.skipIf(chromiumIsMissing())('a browser’s edge', () => {
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    const { outputFiles } = await build({ entryPoints: [join(import.meta.dirname, 'edge-memory/page.ts')], bundle: true, format: 'esm', platform: 'browser', conditions: ['source'], write: false });
    server = createServer((request, response) => {
      const script = request.url === '/page.js';
      response.setHeader('content-type', `${script ? 'text/javascript' : 'text/html'}; charset=utf-8`);
      response.end(script ? outputFiles[0].text : '<!doctype html><title>memory</title><script type="module" src="/page.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
  });

  it('finds its algorithm’s state again in the next tab, each identity its own', async () => {
    const context = await browser.newContext();
    const open = async () => {
      const page = await context.newPage();
      const errors = collectPageErrors(page);
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction(() => typeof window.remembered === 'function');
      return { page, errors };
    };
    const first = await open();
    expect(await first.page.evaluate(() => window.remembered(0))).toBeNull();
    await first.page.evaluate(() => window.remember(0, [1.5, -0.25, 0], 3));
    await first.page.close();
    const second = await open();
    expect(await second.page.evaluate(() => window.remembered(0))).toEqual({ lasting: true, assignment: 'controlled.1.0', type: 'Float32Array', control: [1.5, -0.25, 0], rounds: 3 });
    expect(await second.page.evaluate(() => window.remembered(1))).toBeNull();
    expect([...first.errors, ...second.errors].filter((text) => !text.includes('favicon'))).toEqual([]);
    await context.close();
  });
});
