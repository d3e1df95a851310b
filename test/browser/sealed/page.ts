/** A tab at one end of a relayed wire: shakes hands, and sends back each frame that comes. */
import '../../../shared/strict-policy.ts';
import { io } from 'socket.io-client';
import { generateKeyPair } from '#platform/crypto';
import { createChannel } from '../../../client/gossip/channel.ts';
import { shakeHands } from '../../../client/gossip/handshake.ts';
import { createRelayTransport } from '../../../client/gossip/relay-transport.ts';
import { systemClock } from '../../../shared/clock.ts';
import { edgeIdOf } from '../../../shared/edge-id.ts';
import { asDigest, asEdgeId } from '../../../shared/ids.ts';
import { overSocket } from './socket-wire.ts';

async function echo(expected: string, swarm: string): Promise<{ readonly id: string; readonly binding: string }> {
  const socket = io(location.href, { transports: ['websocket'], reconnection: false });
  const { conduit, signalling } = overSocket(socket, asEdgeId(expected));
  const identity = generateKeyPair();
  const answered = await createRelayTransport({ conduit, clock: systemClock }).answer(signalling, new AbortController().signal);
  const { wire } = await shakeHands(answered, { identity, swarm: asDigest(swarm), root: null, voucher: null, expected: asEdgeId(expected), clock: systemClock });
  const channel = createChannel(wire, { clock: systemClock });
  channel.onFrame((frame) => void channel.send(frame));
  return { id: edgeIdOf(identity.publicKey), binding: wire.binding };
}

Object.assign(globalThis, { echo });
