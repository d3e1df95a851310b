/** A relayed wire between Node, which seals by its own crypto, and a real Chromium tab, which seals by ours. */
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { Server, type Socket } from 'socket.io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateKeyPair } from '#platform/crypto';
import { createChannel } from '../../client/gossip/channel.ts';
import { shakeHands } from '../../client/gossip/handshake.ts';
import { createRelayTransport } from '../../client/gossip/relay-transport.ts';
import { systemClock } from '../../shared/clock.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { asDigest, asEdgeId } from '../../shared/ids.ts';
import { frames, patterned, sameBytes } from '../conformance/transport.ts';
import { chromiumIsMissing, collectPageErrors, launchChromium } from '../helpers/chromium.ts';
import { overSocket } from './sealed/socket-wire.ts';

const POLICY = "default-src 'self'; connect-src 'self' ws:";
const PAGE = '<!doctype html><title>sealed</title><script type="module" src="/page.js"></script>';
const SWARM = '5'.repeat(64);

describe.skipIf(chromiumIsMissing())('a relayed wire to a tab', () => {
  let http: HttpServer;
  let sockets: Server;
  let browser: Browser;
  let page: Page;
  let errors: string[] = [];

  beforeAll(async () => {
    const bundle = await build({ entryPoints: { page: join(import.meta.dirname, 'sealed', 'page.ts') }, bundle: true, format: 'esm', platform: 'browser', conditions: ['source', 'browser'], write: false, outdir: '/' });
    const script = bundle.outputFiles[0].text;
    // Nothing of Node's is in it: a tab could not run that.
    expect(script).not.toContain('node:crypto');
    http = createServer((request, response) => {
      const isScript = request.url === '/page.js';
      response.setHeader('content-security-policy', POLICY);
      response.setHeader('content-type', `${isScript ? 'text/javascript' : 'text/html'}; charset=utf-8`);
      response.end(isScript ? script : PAGE);
    });
    sockets = new Server(http, { perMessageDeflate: false, serveClient: false });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    browser = await launchChromium();
    page = await browser.newPage();
    errors = collectPageErrors(page);
    await page.goto(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => 'echo' in globalThis);
  });
  afterAll(async () => {
    await browser?.close();
    await sockets?.close();
  });

  it('agrees on one key with it, brings frames there and back whole, and shows the relay none of them', async () => {
    const identity = generateKeyPair();
    const self = edgeIdOf(identity.publicKey);
    const connection = once(sockets, 'connection');
    const there = page.evaluate(([id, swarm]) => (globalThis as unknown as { echo(id: string, swarm: string): Promise<{ id: string; binding: string }> }).echo(id, swarm), [self, SWARM] as const);
    const [socket] = (await connection) as [Socket];
    const seen: Buffer[] = [];
    // The tab's id follows from a key that it has just drawn: whoever it proves to be is taken.
    const { conduit, signalling } = overSocket(socket, asEdgeId(`e${'2'.repeat(20)}`), (bytes) => seen.push(Buffer.from(bytes)));
    const opened = await createRelayTransport({ conduit, clock: systemClock }).open(signalling, new AbortController().signal);
    const met = await shakeHands(opened, { identity, swarm: asDigest(SWARM), root: null, voucher: null, expected: null, clock: systemClock });
    const tab = await there;
    expect([met.peer, met.wire.binding]).toEqual([tab.id, tab.binding]);
    expect(met.wire.binding).toMatch(/^x25519 /);
    const channel = createChannel(met.wire, { clock: systemClock });
    const come = frames(channel);
    const lengths = [0, 1, 63, 64, 65, 1000, 65_488, 65_496, 65_497, 1_000_000];
    for (const [i, length] of lengths.entries()) void channel.send(patterned(length, i));
    for (const [i, length] of lengths.entries()) expect(sameBytes(await come.next(), patterned(length, i))).toBe(true);
    // The longest frame, of which any eight bytes in a row would tell.
    const sample = Buffer.from(patterned(1_000_000, 9).subarray(1000, 1008));
    expect(seen.length).toBeGreaterThan(20);
    for (const message of seen) expect(message.includes(sample)).toBe(false);
    channel.close();
    expect(errors.filter((error) => !error.includes('404'))).toEqual([]);
  });
});
