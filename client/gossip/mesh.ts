/**
 * A peer's mesh: joins a swarm through an introducer, and from then on finds, keeps and replaces its neighbours by itself. When
 * all introducers are gone, it goes on; it calls them again, so that newcomers find the swarm when one of them comes back.
 */
import type { Clock } from '../../shared/clock.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { isMurmurError, MurmurError, toMurmurError } from '../../shared/errors.ts';
import { fromHex } from '../../shared/hex.ts';
import { readSignal, type DialSignal } from '../../shared/gossip/mesh-frames.ts';
import type { GuestHandlers, HostedGuest } from '../../shared/gossip/rendezvous-house.ts';
import { issueVoucher, type Voucher } from '../../shared/gossip/voucher.ts';
import type { Digest, EdgeId, TaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { Service } from '../../shared/service.ts';
import type { GossipTask } from '../../shared/task/task-spec.ts';
import type { EdgeIdentity } from '../edge/session-options.ts';
import type { SignalWay } from './dialler.ts';
import { greet } from './greet.ts';
import type { IceServer, Introducer, Introduction } from './introducer.ts';
import { createIntroductions } from './introductions.ts';
import type { MeshEvent, MeshMetrics } from './mesh-events.ts';
import { MESH_TIMES, type MeshTimes } from './mesh-times.ts';
import { createOverlay, type Overlay } from './overlay.ts';
import type { PeerNetwork } from './peer-network.ts';
import { createVoucherRenewal } from './voucher-renewal.ts';
import { createVouchers } from './vouchers.ts';
import type { PeerTransport } from './wire.ts';

/** What bytes pass through where no direct path exists: whichever introducer knows the other side. Closed while there is none. */
export type RelayConduit = Pick<Introduction, 'closed' | 'relay' | 'onRelayed' | 'onClose'>;

export interface TransportGround {
  readonly self: EdgeId;
  readonly iceServers: readonly IceServer[];
  readonly conduit: RelayConduit;
}

export interface MeshOptions {
  readonly task: TaskId;
  readonly identity: EdgeIdentity;
  readonly introducers: readonly Introducer[];
  /** Best first: WebRTC, then relay. Called once, when the first introducer has said what there is. The mesh stops them. */
  readonly transports: (ground: TransportGround) => readonly PeerTransport[];
  readonly times?: Partial<MeshTimes>;
  /** As `mostFrameBytes` says of the task; a gibibyte unless said: only so much can a peer be made to keep of a frame that has not come whole. */
  readonly maxFrameBytes?: number;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly onEvent?: (event: MeshEvent) => void;
}

export interface Mesh extends Required<Omit<PeerNetwork, 'post'>>, Service {
  /** What the first introducer gave; not before `start` has resolved. @throws unavailable */
  readonly swarm: { readonly task: GossipTask; readonly digest: Digest; readonly root: string; readonly iceServers: readonly IceServer[] };
  readonly metrics: MeshMetrics;
  /** Whom a newcomer may be told of: oneself, neighbours, then others. */
  somePeers(count: number): readonly EdgeId[];
  /**
   * Lets a newcomer in, with this peer's own voucher behind its own.
   * @param publicKey hexadecimal
   * @throws forbidden where this peer's chain is as long as one may be
   */
  vouchFor(publicKey: string): Voucher;
  /** Passes signals between a newcomer that is connected to this peer's listener and any peer of the mesh. */
  host(guest: EdgeId, handlers: GuestHandlers): HostedGuest;
  /** Resolves when an introducer has let this peer in. @throws what all of them refused it with; aborted */
  start(): Promise<void>;
}

interface Joined {
  readonly introduction: Introduction;
  readonly overlay: Overlay;
  readonly transports: readonly PeerTransport[];
}

export function createMesh({ task, identity, introducers, transports: transportsOn, times, maxFrameBytes, clock, random, logger, onEvent = () => undefined }: MeshOptions): Mesh {
  const self = edgeIdOf(identity.publicKey);
  const guests = new Map<EdgeId, GuestHandlers>();
  let joined: Joined | null = null;
  const vouchers = createVouchers(clock);
  const renewal = createVoucherRenewal(clock, vouchers, async () => {
    const given = await Promise.allSettled(introductions.open.map(async (introduction) => introduction.renew?.()));
    return given.flatMap((one) => (one.status === 'fulfilled' && one.value !== undefined ? [one.value] : []));
  });
  let relayed: ((from: EdgeId, bytes: Uint8Array) => void) | null = null;
  let onFrame: Parameters<PeerNetwork['onFrame']>[0] | null = null;
  let onMembers: (() => void) | null = null;
  let onNeighbour: Parameters<PeerNetwork['onNeighbour']>[0] | null = null;

  /** Told each time that nobody relays any more. */
  const closers: ((reason: string) => void)[] = [];

  function relayEnded(reason: string): void {
    if (conduit.closed) for (const closer of closers) closer(reason);
  }

  const conduit: RelayConduit = {
    get closed() {
      return introductions.open.length === 0 && guests.size === 0;
    },
    onClose: (handler) => void closers.push(handler),
    async relay(to, bytes) {
      const guest = guests.get(to);
      if (guest !== undefined) return guest.onRelayed(self, bytes);
      let last = new MurmurError('disconnected', 'no introducer is connected that could relay');
      for (const introduction of introductions.open) {
        try {
          return await introduction.relay(to, bytes);
        } catch (thrown) {
          // Only where the other side is not there: the next introducer may know it.
          if (!isMurmurError(thrown, 'not_found')) throw toMurmurError(thrown);
          last = thrown;
        }
      }
      throw last;
    },
    onRelayed(handler) {
      relayed = handler;
    },
  };

  const introductions = createIntroductions({
    task,
    introducers,
    clock,
    random: random.fork('introductions'),
    onJoined(introduction, { name }) {
      joined ??= join(introduction);
      const { swarm, root } = joined.introduction;
      if (introduction.swarm !== swarm || introduction.root !== root) throw new MurmurError('wrong_task', `${name} introduces to another swarm than the one that was joined`);
      vouchers.add(introduction.voucher);
      introduction.onSignal((from, signal) => heard(introduction, from, signal));
      introduction.onRelayed((from, bytes) => relayed?.(from, bytes));
      onEvent({ type: 'introduced', introducer: name, peers: introduction.peers });
      joined.overlay.introduced(introduction.peers);
    },
    onMore: (peers) => joined?.overlay.introduced(peers),
    onLost(_, { name }, reason) {
      onEvent({ type: 'introducer-lost', introducer: name, reason });
      relayEnded(reason);
    },
    onFailed(introducer, error) {
      onEvent({ type: 'introducer-failed', introducer: introducer.name, error });
      logger.debug({ introducer: introducer.name, code: error.code }, 'no introduction');
    },
  });

  /** Once, with what the first introducer gives. */
  function join(introduction: Introduction): Joined {
    const { swarm, root, iceServers } = introduction;
    const transports = transportsOn({ self, iceServers, conduit });
    const overlay = createOverlay({
      self,
      settings: introduction.task.gossip,
      swarm,
      transports,
      greet: (peer, wire, signal) => greet(wire, { peer, identity, swarm, root, voucher: vouchers.best, clock, signal, ...(maxFrameBytes === undefined ? {} : { maxFrameBytes }) }),
      introducerWays: (peer, failed) => introductions.open.map((one) => introducerWay(one, peer, failed)),
      onIsolated: () => introductions.refresh(),
      onTick: () => renewal.look(),
      times: { ...MESH_TIMES, ...times },
      clock,
      random: random.fork('overlay'),
      logger,
      onEvent,
    });
    overlay.onFrame((from, frame) => onFrame?.(from, frame));
    overlay.onNeighbour((change) => onNeighbour?.(change));
    overlay.onMembers(() => onMembers?.());
    overlay.start();
    return { introduction, overlay, transports };
  }

  function introducerWay(introduction: Introduction, peer: EdgeId, failed: (dial: string) => void): SignalWay {
    return {
      name: 'introducer',
      send(signal) {
        if (introduction.closed) return false;
        introduction.signal(peer, signal).catch(() => failed(signal.dial));
        return true;
      },
    };
  }

  function heard(introduction: Introduction, from: EdgeId, value: unknown): void {
    const overlay = joined?.overlay;
    let signal: DialSignal;
    try {
      signal = readSignal(value);
    } catch (thrown) {
      onEvent({ type: 'refused', peer: from, error: toMurmurError(thrown) });
      return;
    }
    overlay?.onSignal(from, signal, introducerWay(introduction, from, (dial) => overlay.onSignal(from, { type: 'end', dial }, { name: 'introducer', send: () => false })));
  }

  function inSwarm(): Joined {
    if (joined === null) throw new MurmurError('unavailable', 'the mesh has not been introduced to its swarm yet');
    return joined;
  }

  return {
    self,
    get swarm() {
      const { task: spec, swarm, root, iceServers } = inSwarm().introduction;
      return { task: spec, digest: swarm, root, iceServers };
    },
    get metrics() {
      return inSwarm().overlay.metrics;
    },
    links: (round) => joined?.overlay.links(round) ?? { to: [], from: [], oneWay: false },
    members: () => joined?.overlay.members() ?? [self],
    async send(to, frame) {
      if (joined === null) throw new MurmurError('disconnected', `there is no way to ${to} yet`);
      return joined.overlay.send(to, frame);
    },
    onFrame(handler) {
      onFrame = handler;
    },
    onNeighbour(handler) {
      onNeighbour = handler;
      // Those that are there already.
      joined?.overlay.onNeighbour((change) => onNeighbour?.(change));
    },
    onMembers(handler) {
      onMembers = handler;
    },
    shun: (peer, reason) => joined?.overlay.shun(peer, reason),
    somePeers: (count) => joined?.overlay.somePeers(count) ?? [self],
    vouchFor(publicKey) {
      const { swarm } = inSwarm().introduction;
      const voucher = vouchers.best;
      return issueVoucher({ swarm, publicKey: fromHex(publicKey), expires: voucher[0].expires, issuer: identity, chain: voucher });
    },
    host(guest, handlers) {
      const hosted = inSwarm().overlay.host(guest, (from, signal) => handlers.onSignal(from, signal));
      guests.set(guest, handlers);
      return {
        signal(to, value) {
          if (!hosted.send(to, readSignal(value))) throw new MurmurError('not_found', `nobody knows a way to ${to}`);
        },
        relay(to, bytes) {
          if (to !== self || relayed === null) throw new MurmurError('not_found', `nothing is relayed to ${to} here`);
          relayed(guest, bytes);
        },
        leave() {
          hosted.leave();
          if (guests.get(guest) !== handlers) return;
          guests.delete(guest);
          relayEnded('the newcomer is connected no more');
        },
      };
    },
    start: () => introductions.start(),
    async stop() {
      await joined?.overlay.stop();
      await introductions.stop();
      await Promise.all((joined?.transports ?? []).map((transport) => transport.stop()));
    },
  };
}
