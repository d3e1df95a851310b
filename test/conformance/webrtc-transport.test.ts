/** WebRTC in Node, both ends in this process, on loopback alone. */
import { expect } from 'vitest';
import { openConnections, openNodeConnection } from '../../client/gossip/webrtc/node/node-connection.ts';
import { createWebRtcTransport } from '../../client/gossip/webrtc/webrtc-transport.ts';
import { systemClock } from '../../shared/clock.ts';
import { transportConformance } from './transport.ts';

const create = () => createWebRtcTransport({ connect: openNodeConnection, clock: systemClock, bindAddress: '127.0.0.1' });

transportConformance('WebRTC in Node', 'webrtc', async () => {
  const [near, far] = [create(), create()];
  return {
    near, far,
    async dispose() {
      await Promise.all([near.stop(), far.stop()]);
      // The library ends them in threads of its own.
      await expect.poll(openConnections, { timeout: 10_000 }).toBe(0);
    },
  };
});
