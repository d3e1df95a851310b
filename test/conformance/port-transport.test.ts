/** A worker's wires: over a port to WebRTC on its page. Here both ends of the port are in one process, and the page's WebRTC is Node's. */
import { MessageChannel } from 'node:worker_threads';
import { expect } from 'vitest';
import { openConnections, openNodeConnection } from '../../client/gossip/webrtc/node/node-connection.ts';
import type { PageToWorkerMessage, Port, WorkerToPageMessage } from '../../client/gossip/webrtc/port-messages.ts';
import { createPortTransport } from '../../client/gossip/webrtc/port-transport.ts';
import { servePortTransport } from '../../client/gossip/webrtc/serve-port-transport.ts';
import { createWebRtcTransport } from '../../client/gossip/webrtc/webrtc-transport.ts';
import { systemClock } from '../../shared/clock.ts';
import { transportConformance } from './transport.ts';

function behindPort() {
  const { port1, port2 } = new MessageChannel();
  const page = createWebRtcTransport({ connect: openNodeConnection, clock: systemClock, bindAddress: '127.0.0.1' });
  const service = servePortTransport(port1 as unknown as Port<WorkerToPageMessage, PageToWorkerMessage>, page);
  return {
    transport: createPortTransport(port2 as unknown as Port<PageToWorkerMessage, WorkerToPageMessage>),
    service,
    async stop() {
      await expect.poll(() => service.open, { timeout: 10_000 }).toBe(0);
      service.stop();
      await page.stop();
      port1.close();
    },
  };
}

transportConformance('a port to WebRTC', 'webrtc', async () => {
  const [near, far] = [behindPort(), behindPort()];
  return {
    near: near.transport,
    far: far.transport,
    async dispose() {
      await Promise.all([near.transport.stop(), far.transport.stop()]);
      await Promise.all([near.stop(), far.stop()]);
      await expect.poll(openConnections, { timeout: 10_000 }).toBe(0);
    },
  };
});
