/** Node's own GET where the other side misleads it, or falls silent. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createNodeGet, nodeGet } from '../../client/node/node-get.ts';
import { thrownBy } from '../helpers/thrown.ts';

let stopServer: (() => Promise<void>) | null = null;
afterEach(async () => {
  await stopServer?.();
  stopServer = null;
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<URL> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stopServer = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

const optionsFor = (onBytes: (status: number, bytes: Uint8Array) => void = () => undefined) => ({ from: 0, signal: new AbortController().signal, onBytes });

it.each(['http://[', 'file:///etc/hostname', 'data:,0'])('refuses to be led to %s', async (location) => {
  const url = await serve((_request, response) => void response.writeHead(302, { location }).end());
  const error = await thrownBy(() => nodeGet(url, optionsFor()));
  expect(error.code).toBe('unavailable');
  expect(error.message).toContain(location);
});

it('does not wait for ever for an answer, nor for the rest of one', async () => {
  const get = createNodeGet(50);
  const silent = await serve(() => undefined);
  expect((await thrownBy(() => get(silent, optionsFor()))).code).toBe('timeout');
  await stopServer?.();
  let received = 0;
  const stalled = await serve((_request, response) => void response.writeHead(200, { 'content-length': 100 }).write(new Uint8Array(10)));
  expect((await thrownBy(() => get(stalled, optionsFor((_status, { byteLength }) => (received += byteLength))))).code).toBe('timeout');
  expect(received).toBe(10);
});
