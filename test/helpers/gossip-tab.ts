/** A tab of a real Chromium that joins a swarm as its owner would: opens /join?mode=gossip, picks its digits, agrees. */
import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { GossipStatus } from '../../client/browser/gossip-session-view.ts';
import { mnistSample } from '../../simulations/datasets/mnist.ts';
import { collectPageErrors } from './chromium.ts';

/** WebRTC that stays on this machine, between peers that know each other's addresses as they are. */
export const LOOPBACK_WEBRTC = ['--allow-loopback-in-peer-connection', '--disable-features=WebRtcHideLocalIpsWithMdns'];

export interface GossipTab {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly errors: readonly string[];
  readonly peer: string;
  untilStatus(status: GossipStatus): Promise<void>;
  untilRound(round: number): Promise<void>;
  /** What the button gives. */
  download(): Promise<{ readonly name: string; readonly bytes: Uint8Array }>;
}

export interface GossipTabOptions {
  readonly name: string;
  /** How many digits, and which: drawn by the seed. */
  readonly digits: { readonly examples: number; readonly seed: number };
}

/** Resolves when the tab is in the swarm. */
export async function openGossipTab(browser: Browser, url: string, { name, digits }: GossipTabOptions): Promise<GossipTab> {
  const context = await browser.newContext({ acceptDownloads: true });
  context.setDefaultTimeout(180_000);
  const page = await context.newPage();
  const errors = collectPageErrors(page);
  await page.goto(`${url}/join?mode=gossip&backend=wasm&name=${encodeURIComponent(name)}`);
  await page.getByTestId('offer-tasks').locator('li').first().waitFor();
  const { images, labels } = await mnistSample(digits);
  await page.getByTestId('file-input').setInputFiles([
    { name: 'train-images-idx3-ubyte', mimeType: 'application/octet-stream', buffer: Buffer.from(images) },
    { name: 'train-labels-idx1-ubyte', mimeType: 'application/octet-stream', buffer: Buffer.from(labels) },
  ]);
  await page.getByTestId('agree').click();
  await page.getByTestId('peer-id').filter({ hasText: /^e/ }).waitFor();
  const peer = await page.getByTestId('peer-id').innerText();
  return {
    page, context, peer,
    // A demonstration sample may not be offered, which the browser logs as a missing file; a rendezvous that was killed, as a line that broke.
    get errors() {
      return errors.filter((error) => !/404|WebSocket|ERR_CONNECTION/.test(error));
    },
    untilStatus: (status) => page.locator(`[data-testid=gossip-status][data-status=${status}]`).waitFor(),
    async untilRound(round) {
      await page.waitForFunction((wanted) => Number(document.querySelector('[data-testid=gossip-round]')?.textContent ?? 0) >= wanted, round);
    },
    async download() {
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByTestId('gossip-export').click()]);
      return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
    },
  };
}
