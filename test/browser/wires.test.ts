/** Wires of real Chromium tabs: between two of them, to Node, and from a tab's worker; on loopback alone. */
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { Server, type Socket } from 'socket.io';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { openConnections, openNodeConnection } from '../../client/gossip/webrtc/node/node-connection.ts';
import type { PageToWorkerMessage, WorkerToPageMessage } from '../../client/gossip/webrtc/port-messages.ts';
import { createPortTransport } from '../../client/gossip/webrtc/port-transport.ts';
import { createWebRtcTransport } from '../../client/gossip/webrtc/webrtc-transport.ts';
import type { PeerTransport } from '../../client/gossip/wire.ts';
import { systemClock } from '../../shared/clock.ts';
import { transportConformance } from '../conformance/transport.ts';
import { chromiumIsMissing, collectPageErrors, launchChromium } from '../helpers/chromium.ts';
import { socketPort } from '../helpers/socket-port.ts';

// Candidates of loopback, by their addresses: nothing leaves the machine.
const LOOPBACK = ['--allow-loopback-in-peer-connection', '--disable-features=WebRtcHideLocalIpsWithMdns'];
const POLICY = "default-src 'self'; connect-src 'self' ws:";
const PAGE = '<!doctype html><title>wires</title><script type="module" src="/page.js"></script>';

interface End {
  readonly transport: PeerTransport;
  /** Stops it; nothing of it is left then. */
  dispose(): Promise<void>;
}

describe.skipIf(chromiumIsMissing())('wires of tabs', () => {
  let http: HttpServer;
  let sockets: Server;
  let browser: Browser;
  let pages: Page[] = [];
  let errors: string[][] = [];

  beforeAll(async () => {
    const folder = join(import.meta.dirname, 'wires');
    const bundle = await build({
      entryPoints: { page: join(folder, 'page.ts'), worker: join(folder, 'worker.ts') },
      bundle: true, format: 'esm', platform: 'browser', conditions: ['source', 'browser'], write: false, outdir: '/',
    });
    const scripts = new Map(bundle.outputFiles.map(({ path, text }) => [path, text]));
    http = createServer((request, response) => {
      const script = scripts.get(request.url ?? '');
      response.setHeader('content-security-policy', POLICY);
      response.setHeader('content-type', `${script === undefined ? 'text/html' : 'text/javascript'}; charset=utf-8`);
      response.end(script ?? PAGE);
    });
    sockets = new Server(http, { perMessageDeflate: false, serveClient: false });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    browser = await launchChromium({ args: LOOPBACK });
    pages = await Promise.all([0, 1].map(async () => (await browser.newContext()).newPage()));
    errors = pages.map(collectPageErrors);
    for (const page of pages) {
      await page.goto(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
      await page.waitForFunction(() => 'lendPage' in globalThis);
    }
  });
  afterAll(async () => {
    await browser?.close();
    await sockets?.close();
    expect(errors.flat().filter((error) => !error.includes('404'))).toEqual([]);
  });

  async function tab(page: Page, lends: 'lendPage' | 'lendWorker'): Promise<End> {
    const connection = once(sockets, 'connection');
    await page.evaluate((name) => (globalThis as unknown as Record<string, () => void>)[name](), lends);
    const [socket] = (await connection) as [Socket];
    const transport = createPortTransport(socketPort<PageToWorkerMessage, WorkerToPageMessage>(socket));
    return {
      transport,
      async dispose() {
        await transport.stop();
        await expect.poll(() => socket.emitWithAck('census'), { timeout: 10_000 }).toBe(0);
        socket.disconnect(true);
      },
    };
  }

  async function node(): Promise<End> {
    const transport = createWebRtcTransport({ connect: openNodeConnection, clock: systemClock, bindAddress: '127.0.0.1' });
    return {
      transport,
      async dispose() {
        await transport.stop();
        await expect.poll(openConnections, { timeout: 10_000 }).toBe(0);
      },
    };
  }

  const between = (name: string, make: () => Promise<readonly [End, End]>): void => transportConformance(name, 'webrtc', async () => {
    const [near, far] = await make();
    return { near: near.transport, far: far.transport, dispose: async () => void (await Promise.all([near.dispose(), far.dispose()])) };
  });

  // One after the other: each waits for the socket that its page opens.
  between('a tab calls a tab', async () => [await tab(pages[0], 'lendPage'), await tab(pages[1], 'lendPage')]);
  between('a tab calls Node', async () => [await tab(pages[0], 'lendPage'), await node()]);
  between('Node calls a worker', async () => [await node(), await tab(pages[0], 'lendWorker')]);
});
