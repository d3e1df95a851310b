/** A tab of a real Chromium that joins a federation as its owner would: opens /join, picks a CSV, agrees. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { buildBrowser } from '../../scripts/build-browser.mjs';
import type { SessionStatus } from '../../client/browser/session-view.ts';
import { packageRoot } from '../../server/gateway/assets.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import { collectPageErrors } from './chromium.ts';

export interface JoinTab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong on the page. */
  readonly errors: readonly string[];
  /** The edge's id, once it is known. */
  edge(): Promise<string>;
  untilStatus(status: SessionStatus): Promise<void>;
}

/** Set-up has built the pages; where it has not run, they are built here. */
export async function requirePages(): Promise<void> {
  if (!existsSync(join(packageRoot(), 'dist/browser/join-worker.js'))) await buildBrowser();
}

export async function openJoinTab(browser: Browser, url: string, { backend, csv }: { readonly backend: BackendName; readonly csv: string }): Promise<JoinTab> {
  const context = await browser.newContext();
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  const errors = collectPageErrors(page);
  await page.goto(`${url}/join?backend=${backend}&name=${backend}%20tab`);
  await page.getByTestId('offer-tasks').locator('li').first().waitFor();
  await page.getByTestId('file-input').setInputFiles({ name: 'rows.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await page.getByTestId('agree').click();
  return {
    page, context,
    // A demonstration sample is not offered here, which the browser logs as a missing file.
    get errors() {
      return errors.filter((error) => !error.includes('404'));
    },
    async edge() {
      await page.getByTestId('edge-id').filter({ hasText: /^e/ }).waitFor();
      return page.getByTestId('edge-id').innerText();
    },
    untilStatus: (status) => page.locator(`[data-testid=status][data-status=${status}]`).waitFor(),
  };
}
