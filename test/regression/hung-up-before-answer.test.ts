/** A server that ends a connection before it has answered for the namespace: whoever called must hear of it, and not wait for ever. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { expect, it } from 'vitest';
import { connectNodeSocketLink } from '../../client/node/node-socket-link.ts';
import { thrownBy } from '../helpers/thrown.ts';

it('hears that the other side hung up before it answered', async () => {
  const http = createServer();
  const sockets = new Server(http);
  // The namespace is asked for, and its answer never comes.
  sockets.of('/edge').use((socket) => socket.conn.close());
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = http.address() as AddressInfo;
    const error = await thrownBy(() => connectNodeSocketLink(`http://127.0.0.1:${port}`, new AbortController().signal));
    expect(error.code).toBe('disconnected');
    expect(error.message).toContain('ended before it was answered');
  } finally {
    await sockets.close();
  }
});
