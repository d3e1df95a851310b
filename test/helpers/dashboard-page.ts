/** The dashboard in a real browser, fed by a watch of its own for each test. To be called within a `describe`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { buildBrowser } from '../../scripts/build-browser.mjs';
import type { LiveState } from '../../shared/protocol/live-view.ts';
import { collectPageErrors, launchChromium } from './chromium.ts';
import { startFakeWatch, type FakeWatch } from './fake-watch.ts';

export interface DashboardPage {
  /** Of the test that runs now. */
  readonly page: Page;
  readonly watch: FakeWatch;
  readonly errors: readonly string[];
}

/** @param state what the watch begins with */
export function openDashboardPage(state: () => LiveState): DashboardPage {
  let folder: string;
  let browser: Browser | undefined;
  const now: { page?: Page; watch?: FakeWatch; errors?: string[] } = {};
  const here = <T>(what: T | undefined): T => {
    if (what === undefined) throw new Error('no test runs now');
    return what;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'murmur-pages-'));
    await buildBrowser({ outDir: folder, entries: ['dashboard-page'] });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    now.watch = await startFakeWatch(folder, state());
    now.page = await here(browser).newPage();
    now.errors = collectPageErrors(now.page);
  });
  afterEach(async () => {
    await now.page?.close();
    await now.watch?.stop();
  });

  return {
    get page() {
      return here(now.page);
    },
    get watch() {
      return here(now.watch);
    },
    get errors() {
      return here(now.errors);
    },
  };
}
