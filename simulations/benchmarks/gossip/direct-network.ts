/** Peers that all know each other from the start: a channel to each, over whatever transport, behind the handshake of any two peers. */
import { createChannel, type Channel } from '../../../client/gossip/channel.ts';
import { shakeHands } from '../../../client/gossip/handshake.ts';
import type { PeerNetwork } from '../../../client/gossip/peer-network.ts';
import type { PeerTransport, Signalling } from '../../../client/gossip/wire.ts';
import type { EdgeIdentity } from '../../../client/edge/session-options.ts';
import { systemClock } from '../../../shared/clock.ts';
import { edgeIdOf } from '../../../shared/edge-id.ts';
import { isMurmurError, MurmurError } from '../../../shared/errors.ts';
import type { Digest, EdgeId } from '../../../shared/ids.ts';

/** What goes from one peer's attempt to another's: of which attempt, and the signal. */
export interface DirectSignal {
  readonly attempt: number;
  readonly signal: unknown;
}

export interface DirectNetworkOptions {
  readonly identity: EdgeIdentity;
  readonly transport: PeerTransport;
  readonly swarm: Digest;
  readonly post: (to: EdgeId, signal: DirectSignal) => void;
}

export interface DirectNetwork {
  readonly network: PeerNetwork;
  /** Opens a channel to each: those with a smaller id call the others. */
  connect(peers: readonly EdgeId[]): Promise<void>;
  onSignal(from: EdgeId, signal: DirectSignal): void;
  /** Of all channels. */
  readonly bytesSent: number;
}

/** As a mesh would, a peer that could not be reached is called again. */
const ATTEMPTS = 3;

export function createDirectNetwork({ identity, transport, swarm, post }: DirectNetworkOptions): DirectNetwork {
  const self = edgeIdOf(identity.publicKey);
  const channels = new Map<EdgeId, Channel>();
  const inboxes = new Map<string, { handler: ((signal: unknown) => void) | null; readonly kept: unknown[] }>();
  let members: readonly EdgeId[] = [self];
  let onFrame: Parameters<PeerNetwork['onFrame']>[0] = () => undefined;
  let onNeighbour: Parameters<PeerNetwork['onNeighbour']>[0] = () => undefined;

  function inboxOf(peer: EdgeId, attempt: number) {
    const key = `${peer} ${attempt}`;
    const inbox = inboxes.get(key) ?? { handler: null, kept: [] };
    inboxes.set(key, inbox);
    return inbox;
  }

  function signalling(peer: EdgeId, attempt: number): Signalling {
    return {
      peer,
      send: (signal) => post(peer, { attempt, signal }),
      onSignal(handler) {
        const inbox = inboxOf(peer, attempt);
        inbox.handler = handler;
        for (const signal of inbox.kept.splice(0)) handler(signal);
      },
    };
  }

  async function open(peer: EdgeId, attempt: number): Promise<Channel> {
    const stopper = new AbortController();
    const wire = await (self < peer ? transport.open(signalling(peer, attempt), stopper.signal) : transport.answer(signalling(peer, attempt), stopper.signal));
    const met = await shakeHands(wire, { identity, swarm, root: null, voucher: null, expected: peer, clock: systemClock });
    return createChannel(met.wire, { clock: systemClock });
  }

  async function meet(peer: EdgeId): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const channel = await open(peer, attempt);
        channels.set(peer, channel);
        channel.onFrame((frame) => onFrame(peer, frame));
        channel.onClose(() => onNeighbour({ peer, is: 'gone' }));
        return;
      } catch (thrown) {
        if (attempt === ATTEMPTS || !isMurmurError(thrown, 'disconnected')) throw thrown;
      }
    }
  }

  return {
    get bytesSent() {
      return [...channels.values()].reduce((sum, channel) => sum + channel.bytesSent, 0);
    },
    onSignal(from, { attempt, signal }) {
      const inbox = inboxOf(from, attempt);
      if (inbox.handler) inbox.handler(signal);
      else inbox.kept.push(signal);
    },
    async connect(peers) {
      await Promise.all(peers.filter((peer) => peer !== self).map(meet));
      members = [...peers].sort();
    },
    network: {
      self,
      links: () => ({ to: members.filter((peer) => peer !== self), from: members.filter((peer) => peer !== self), oneWay: false }),
      members: () => members,
      async send(to, frame) {
        const channel = channels.get(to);
        if (channel === undefined) throw new MurmurError('disconnected', `there is no channel to ${to}`);
        return channel.send(frame);
      },
      onFrame(handler) {
        onFrame = handler;
      },
      onNeighbour(handler) {
        onNeighbour = handler;
      },
      shun: (peer, reason) => channels.get(peer)?.close(reason),
    },
  };
}
