/** A transport whose wires have shaken hands: what peers use of it. */
import { generateKeyPair } from '#platform/crypto';
import { shakeHands } from '../../client/gossip/handshake.ts';
import type { PeerTransport, Wire } from '../../client/gossip/wire.ts';
import { systemClock } from '../../shared/clock.ts';
import { asDigest } from '../../shared/ids.ts';

export function sealed(transport: PeerTransport): PeerTransport {
  const identity = generateKeyPair();
  const met = async (opening: Promise<Wire>, signal: AbortSignal): Promise<Wire> => {
    const { wire } = await shakeHands(await opening, { identity, swarm: asDigest('5'.repeat(64)), root: null, voucher: null, expected: null, clock: systemClock, signal });
    return wire;
  };
  return {
    kind: transport.kind,
    open: (signalling, signal) => met(transport.open(signalling, signal), signal),
    answer: (signalling, signal) => met(transport.answer(signalling, signal), signal),
    stop: () => transport.stop(),
  };
}
