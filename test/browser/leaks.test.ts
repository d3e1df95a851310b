/** Tabs of a real Chromium train for 50 rounds, one on wasm and one on webgl: their workers hold no tensor and their pages no listener more than after two. */
import type { Browser, CDPSession } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Census } from '../helpers/census.ts';
import { chromiumIsMissing, launchChromium } from '../helpers/chromium.ts';
import { startGatedFederation, tableTask, type GatedFederation } from '../helpers/gated-federation.ts';
import { openJoinTab, requirePages, type JoinTab } from '../helpers/join-tab.ts';
import { syntheticTable } from '../helpers/synthetic-table.ts';

const ROUNDS = 50;
const BACKENDS = ['wasm', 'webgl'] as const;

interface TensorFlowScope {
  /** TensorFlow.js keeps its one engine of a realm there. */
  readonly _tfengine: { memory(): { numTensors: number; numDataBuffers: number; numBytes: number } };
}

describe.skipIf(chromiumIsMissing())('a federation of tabs', () => {
  let browser: Browser;
  let federation: GatedFederation;
  const tabs: { readonly tab: JoinTab; readonly inspector: CDPSession }[] = [];

  beforeAll(async () => {
    await requirePages();
    browser = await launchChromium({ webgl: true });
    federation = await startGatedFederation();
  });
  afterAll(async () => {
    await browser?.close();
    await federation?.stop();
  });

  async function perTab(): Promise<Census> {
    const counted = await Promise.all(tabs.map(async ({ tab, inspector }, i) => {
      const workers = tab.page.workers();
      const { numTensors, numDataBuffers, numBytes } = await workers[0].evaluate(() => (globalThis as unknown as TensorFlowScope)._tfengine.memory());
      await inspector.send('HeapProfiler.collectGarbage');
      const { metrics } = await inspector.send('Performance.getMetrics');
      const counts = { workers: workers.length, tensors: numTensors, buffers: numDataBuffers, bytes: numBytes, listeners: metrics.find(({ name }) => name === 'JSEventListeners')?.value ?? NaN };
      return Object.entries(counts).map(([kind, count]) => [`${BACKENDS[i]} ${kind}`, count] as const);
    }));
    return Object.fromEntries(counted.flat());
  }

  it(`holds no more after ${ROUNDS} rounds than after 2`, async () => {
    const rounds = await federation.open(tableTask('fedavg', BACKENDS.length, { name: 'fedavg', epochs: 1, batchSize: 16, learningRate: 0.1 }));
    for (const backend of BACKENDS) {
      const tab = await openJoinTab(browser, federation.live.server.url, { backend, csv: syntheticTable({ rows: 60, seed: 3 }) });
      const inspector = await tab.context.newCDPSession(tab.page);
      await inspector.send('Performance.enable');
      tabs.push({ tab, inspector });
    }
    expect(await rounds.rest()).toBe(1);
    await rounds.pass();
    expect(await rounds.rest()).toBe(2);
    const early = await rounds.census(perTab);
    for (let round = 2; round < ROUNDS; round++) {
      expect(await rounds.pass()).toEqual([]);
      expect(await rounds.rest()).toBe(round + 1);
    }
    const late = await rounds.census(perTab);
    expect(late.others).toEqual(early.others);
    for (const backend of BACKENDS) expect(late.others[`${backend} tensors`]).toBeGreaterThan(0);
    // Browsers open and close connections for HTTP as they like; what their loading left may have gone since.
    const more = Object.entries(late.coordinator).filter(([kind, count]) => kind !== 'TCPSocketWrap' && count > (early.coordinator[kind] ?? 0));
    expect(more).toEqual([]);
    expect(await Promise.all(tabs.map(({ tab }) => tab.page.getByTestId('backend').innerText()))).toEqual(BACKENDS);
    expect(tabs.flatMap(({ tab }) => tab.errors)).toEqual([]);
  }, 180_000);
});
