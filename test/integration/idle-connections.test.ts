import { Manager } from 'socket.io-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linkOverSocket } from '../../shared/protocol/socket-link.ts';
import type { EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import type { LiveState } from '../../shared/protocol/live-view.ts';
import { asTaskId } from '../../shared/ids.ts';
import { openHandEdge } from '../helpers/hand-edge.ts';
import { startLiveServer, type LiveServer } from '../helpers/live-server.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

let live: LiveServer;
beforeAll(async () => {
  live = await startLiveServer();
  await live.runTask(toySpec({ round: { goal: 1 } }));
});
afterAll(() => live.stop());

it.each(['websocket', 'polling'] as const)('an edge and a watcher share one connection (%s), whose request nobody keeps', async (transport) => {
  const manager = new Manager(live.server.url, { transports: [transport], reconnection: false, forceNew: true });
  const edgeSocket = manager.socket('/edge');
  await new Promise<void>((resolve) => edgeSocket.once('connect', () => resolve()));
  const hand = await openHandEdge(linkOverSocket<EdgeToCoordinator>(edgeSocket, () => edgeSocket.disconnect()), { token: live.server.enrolmentToken, name: `by ${transport}` });
  const watcher = manager.socket('/watch');
  const shown = new Promise<LiveState>((resolve) => watcher.on('state', (state: LiveState) => {
    if (state.edges.some(({ edge }) => edge === hand.edge)) resolve(state);
  }));
  await hand.checkIn(asTaskId('line'));
  expect((await shown).edges.find(({ edge }) => edge === hand.edge)?.name).toBe(`by ${transport}`);
  watcher.disconnect();
  edgeSocket.disconnect();
});
