/**
 * One peer's part of a swarm: carries out what membership asks for over channels, passes signals on for others, and keeps the
 * links that the task's topology wants.
 */
import type { Clock } from '../../shared/clock.ts';
import { isMurmurError, MurmurError, toMurmurError } from '../../shared/errors.ts';
import { createMembership, type MembershipAction, type MembershipEvent } from '../../shared/gossip/membership.ts';
import { encodeMeshMessage, isMeshFrame, readMeshMessage, type DialSignal, type MeshMessage, type Want } from '../../shared/gossip/mesh-frames.ts';
import type { Digest, EdgeId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { GossipSettings } from '../../shared/task/gossip-settings.ts';
import type { Channel } from './channel.ts';
import { createDialler, isRefusal, type SignalWay } from './dialler.ts';
import { createGraphKeeper } from './graph-keeper.ts';
import { createGraphLinks } from './graph-links.ts';
import type { MeshEvent, MeshMetrics } from './mesh-events.ts';
import type { MeshTimes } from './mesh-times.ts';
import { createOpenChannels, type OpenChannel } from './open-channels.ts';
import type { PeerNetwork } from './peer-network.ts';
import { createSignalRouter } from './signal-router.ts';
import { createStanding } from './standing.ts';
import type { PeerTransport, Wire } from './wire.ts';

export interface OverlayOptions {
  readonly self: EdgeId;
  readonly settings: GossipSettings;
  readonly swarm: Digest;
  readonly transports: readonly PeerTransport[];
  /** Makes a channel of a wire whose other end has shown that it is this peer, and belongs to the swarm. */
  readonly greet: (peer: EdgeId, wire: Wire, signal: AbortSignal) => Promise<Channel>;
  /** Over introducers, where there are any. */
  readonly introducerWays: (peer: EdgeId, failed: (dial: string) => void) => readonly SignalWay[];
  /** No neighbour is left, and none is being asked. */
  readonly onIsolated: () => void;
  /** Now and then, as long as it runs. */
  readonly onTick: () => void;
  readonly times: MeshTimes;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly onEvent: (event: MeshEvent) => void;
}

export interface Overlay extends Required<Omit<PeerNetwork, 'post'>> {
  readonly metrics: MeshMetrics;
  /** Neighbours first, oneself before them. */
  somePeers(count: number): readonly EdgeId[];
  introduced(peers: readonly EdgeId[]): void;
  onSignal(from: EdgeId, signal: DialSignal, back: SignalWay): void;
  /** A newcomer without a channel, signals to whom go by `deliver`; the function returned passes on what it sends. False: nobody knows the way. */
  host(guest: EdgeId, deliver: (from: EdgeId, signal: DialSignal) => void): { send(to: EdgeId, signal: DialSignal): boolean; leave(): void };
  start(): void;
  /** Says goodbye. */
  stop(): Promise<void>;
}

/** Channels that others may have opened here; for neighbours there is always room. */
const MOST_CHANNELS = 128;
/** Passive peers that a peer of a small swarm knows in any case. */
const PASSIVE = 64;
const MOST_PASSIVE = 1024;
/** Ticks at the beginning that come ten times as often: until a newcomer knows some peers. */
const QUICK_TICKS = 20;
/** Frames that come before the owner listens. */
const MOST_WAITING = 256;

export function createOverlay(options: OverlayOptions): Overlay {
  const { self, settings, swarm, transports, greet, introducerWays, onIsolated, onTick, times, clock, random, logger, onEvent } = options;
  const { topology, minimumPeers } = settings;
  const overlayMode = topology.name === 'overlay';
  const degree = overlayMode && 'degree' in topology && typeof topology.degree === 'number' ? topology.degree : 4;
  const membership = createMembership({ self, degree, passive: Math.min(MOST_PASSIVE, Math.max(PASSIVE, 2 * minimumPeers)) }, random.fork('membership'));
  const standing = createStanding(settings.robust.strikes);
  const banned = new Set<EdgeId>();
  const linked = new Set<EdgeId>();
  const guests = new Set<EdgeId>();
  const counts = { dials: 0, dialsFailed: 0, dialsRefused: 0, died: 0 };
  const events: MembershipEvent[] = [];
  let busy = false;
  let ticks = 0;
  let isolated = 0;
  let cancelTick: (() => void) | null = null;
  let stopped = false;
  let frameHandler: ((from: EdgeId, frame: Uint8Array) => void) | null = null;
  const waiting: { readonly from: EdgeId; readonly frame: Uint8Array }[] = [];
  let membersHandler: (() => void) | null = null;
  let mostMembers = 0;
  let neighbourHandler: Parameters<PeerNetwork['onNeighbour']>[0] | null = null;

  const channels = createOpenChannels({
    quietMs: times.quietMs,
    deadMs: times.deadMs,
    clock,
    ask: ({ channel }) => void say(channel, { type: 'ping' }),
    onSuspect: (peer) => onEvent({ type: 'suspected', peer }),
    onFrame: arrived,
    onClosed: closed,
  });

  const router = createSignalRouter({
    self,
    isNear: (peer) => channels.get(peer) !== undefined,
    near: () => channels.peers,
    routeTo: (peer) => membership.routeTo(peer),
    random: random.fork('router'),
    send: tell,
    deliver: (from, signal, back) => onSignal(from, signal, { name: 'peers', send: (answer) => router.send(from, answer, back) }, back),
    failed: (target, dial) => dialler.unroutable(target, dial),
  });

  const dialler = createDialler({
    self,
    transports: () => transports,
    waysTo(peer) {
      const ways = introducerWays(peer, (dial) => dialler.unroutable(peer, dial));
      if (channels.peers.length === 0 && !guests.has(peer)) return ways;
      const route = membership.routeTo(peer) ?? [];
      return [{ name: 'peers', send: (signal) => router.send(peer, signal, route) }, ...ways];
    },
    admits,
    async establish(peer, wire, side, signal) {
      const channel = await greet(peer, wire, signal);
      // It may have been shunned meanwhile, or all have ended.
      if (stopped || signal.aborted || banned.has(peer)) {
        channel.close('not wanted any more');
        throw new MurmurError('disconnected', `a channel to ${peer} is not wanted any more`);
      }
      channels.add(peer, channel);
      onEvent({ type: 'channel-opened', peer, kind: channel.kind, side });
      dialler.settled(peer);
      refreshLinks();
    },
    answerMs: times.answerMs,
    openMs: times.openMs,
    clock,
    random: random.fork('dialler'),
  });

  const graph = overlayMode
    ? null
    : createGraphKeeper({
        self,
        graph: createGraphLinks(self, topology, swarm),
        minimumPeers,
        isOpen: (peer) => channels.get(peer) !== undefined,
        isBusyWith: (peer) => dialler.isBusyWith(peer),
        open: (peer) => open(peer, 'talk'),
      });

  function admits(peer: EdgeId, want: Want): 'yes' | 'full' | 'unwanted' {
    if (stopped || banned.has(peer) || peer === self) return 'unwanted';
    if (want === 'talk') return channels.peers.length < MOST_CHANNELS ? 'yes' : 'full';
    return membership.welcomes(peer, want === 'urgent') ? 'yes' : 'full';
  }

  /** A channel that has closed tells so by itself. */
  function say(channel: Channel, message: MeshMessage): Promise<void> {
    return channel.closed ? Promise.resolve() : channel.send(encodeMeshMessage(message), { urgent: true }).catch(() => undefined);
  }

  function tell(to: EdgeId, message: MeshMessage): void {
    const one = channels.get(to);
    if (one !== undefined) void say(one.channel, message);
  }

  /** What follows from an event may bring about others at once: each is dealt with when the one before it is over. */
  function happen(event: MembershipEvent): void {
    events.push(event);
    if (busy || stopped) return;
    busy = true;
    try {
      for (let next = events.shift(); next !== undefined; next = events.shift()) for (const action of membership.take(next)) carryOut(action);
    } finally {
      busy = false;
    }
    refreshLinks();
    const count = members().length;
    if (count > mostMembers) membersHandler?.();
    mostMembers = count;
  }

  function carryOut(action: MembershipAction): void {
    if (action.type === 'send') return tell(action.to, { type: 'membership', message: action.message });
    if (action.type === 'neighbour') return;
    const { peer, urgent } = action;
    if (channels.get(peer) !== undefined) return void events.push({ type: 'opened', peer });
    open(peer, urgent ? 'urgent' : 'room').then(
      () => happen({ type: 'opened', peer }),
      (thrown: unknown) => happen({ type: isRefusal(thrown) ? 'full' : 'failed', peer }),
    );
  }

  async function open(peer: EdgeId, want: Want): Promise<void> {
    counts.dials++;
    try {
      await dialler.call(peer, want);
    } catch (thrown) {
      const error = toMurmurError(thrown);
      if (isRefusal(error)) counts.dialsRefused++;
      else counts.dialsFailed++;
      if (!isMurmurError(error, 'aborted')) onEvent({ type: 'dial-failed', peer, error });
      throw error;
    }
  }

  function arrived(one: OpenChannel, bytes: Uint8Array): void {
    if (!isMeshFrame(bytes)) {
      one.usedAt = clock.now();
      if (frameHandler !== null) frameHandler(one.peer, bytes);
      else if (waiting.length < MOST_WAITING) waiting.push({ from: one.peer, frame: bytes });
      return;
    }
    try {
      take(one, readMeshMessage(bytes));
    } catch (thrown) {
      const error = toMurmurError(thrown);
      onEvent({ type: 'refused', peer: one.peer, error });
      logger.warn({ peer: one.peer, code: error.code, err: error }, 'a peer sent what is no message of a mesh');
      if (standing.strike(one.peer) >= standing.limit) shun(one.peer, error.message);
    }
  }

  function take(one: OpenChannel, message: MeshMessage): void {
    const { peer } = one;
    switch (message.type) {
      case 'ping':
        return void say(one.channel, { type: 'pong' });
      case 'pong':
        return;
      case 'leave':
        one.farewell = 'leave';
        return channels.close(peer, 'it left');
      case 'release':
        one.farewell = 'release';
        return;
      case 'membership':
        return happen({ type: 'message', from: peer, message: message.message });
      case 'routed':
        return router.routed(peer, message);
      case 'unroutable':
        return router.unroutable(peer, message);
    }
  }

  function closed({ peer, channel, farewell }: OpenChannel, reason: string): void {
    onEvent({ type: 'channel-closed', peer, kind: channel.kind, reason });
    if (stopped) return;
    if (farewell === 'leave') happen({ type: 'left', peer });
    else if (farewell === null || membership.holds(peer)) {
      counts.died++;
      happen({ type: 'died', peer });
    }
    // A neighbour's end is told with the links; others may be waited for, too.
    if (farewell !== 'release' && !linked.has(peer)) neighbourHandler?.({ peer, is: 'gone' });
    refreshLinks();
  }

  function onSignal(from: EdgeId, signal: DialSignal, back: SignalWay, route: readonly EdgeId[] | null): void {
    if (stopped || from === self || banned.has(from)) return;
    if (signal.type === 'call' && route !== null && route.length > 0) membership.met({ id: from, route: route.slice(0, 6), age: 0 });
    dialler.onSignal(from, signal, back);
  }

  /** Those who live, oneself among them, by growing id; of a graph all that belong to it. */
  function members(): EdgeId[] {
    return [...new Set([self, ...membership.active, ...membership.passive, ...channels.peers])].filter((peer) => !banned.has(peer)).sort();
  }

  function wanted(): ReadonlySet<EdgeId> {
    return new Set(graph?.rounds?.flatMap(({ to, from }) => [...to, ...from]) ?? membership.active);
  }

  function refreshLinks(): void {
    if (busy || stopped) return;
    graph?.seen(members());
    const now = wanted();
    for (const peer of [...linked]) if (!now.has(peer) || channels.get(peer) === undefined) tellNeighbour(peer, 'gone');
    for (const peer of now) if (!linked.has(peer) && channels.get(peer) !== undefined) tellNeighbour(peer, 'there');
  }

  function tellNeighbour(peer: EdgeId, is: 'there' | 'gone'): void {
    if (is === 'there') linked.add(peer);
    else linked.delete(peer);
    onEvent({ type: 'neighbour', peer, is });
    neighbourHandler?.({ peer, is });
  }

  function sweep(now: ReadonlySet<EdgeId>): void {
    for (const one of channels.all) {
      if (now.has(one.peer) || membership.holds(one.peer) || clock.now() - one.usedAt < times.idleMs) continue;
      // Not before the farewell has gone out, or it would be taken for a death.
      one.farewell = 'release';
      void say(one.channel, { type: 'release' }).then(() => channels.get(one.peer) === one && channels.close(one.peer, 'nobody used it'));
    }
  }

  function tick(): void {
    ticks++;
    router.renew();
    happen({ type: 'tick' });
    const now = wanted();
    graph?.tick(now);
    sweep(now);
    isolated = membership.active.length > 0 || dialler.attempts > 0 ? 0 : isolated + 1;
    // At 2, 4, 8, 16 ticks without a neighbour, and so on; from then on not more seldom.
    if (isolated > 1 && ((isolated & (isolated - 1)) === 0 || isolated % 16 === 0)) onIsolated();
    onTick();
    again();
  }

  function again(): void {
    const usual = ticks < QUICK_TICKS ? times.tickMs / 10 : times.tickMs;
    cancelTick = clock.after(usual * (0.8 + 0.4 * random.next()), tick);
  }

  function shun(peer: EdgeId, reason: string): void {
    if (banned.has(peer) || peer === self) return;
    banned.add(peer);
    graph?.forget(peer);
    happen({ type: 'shun', peer });
    const one = channels.get(peer);
    if (one !== undefined) one.farewell = 'release';
    channels.close(peer, reason);
    onEvent({ type: 'shunned', peer, reason });
  }

  async function send(to: EdgeId, frame: Uint8Array): Promise<void> {
    try {
      if (stopped || banned.has(to) || to === self) throw new MurmurError('disconnected', `there is no way to ${to}`);
      if (channels.get(to) === undefined) {
        if (membership.routeTo(to) === null && graph?.has(to) !== true) throw new MurmurError('disconnected', `${to} is not known`);
        await open(to, 'talk').catch((thrown: unknown) => {
          if (!isRefusal(thrown)) happen({ type: 'failed', peer: to });
          throw thrown;
        });
      }
      const one = channels.get(to);
      if (one === undefined) throw new MurmurError('disconnected', `${to} went before it was written to`);
      one.usedAt = clock.now();
      await one.channel.send(frame);
      one.usedAt = clock.now();
    } catch (thrown) {
      if (isMurmurError(thrown, 'disconnected')) throw thrown;
      throw new MurmurError('disconnected', `${to} cannot be reached: ${toMurmurError(thrown).message}`, { cause: thrown });
    }
  }

  return {
    self,
    links(round) {
      const rounds = graph?.rounds ?? [{ to: membership.active, from: membership.active, oneWay: false }];
      const all = rounds[round % Math.max(1, rounds.length)] ?? { to: [], from: [], oneWay: false };
      return { to: all.to.filter((peer) => linked.has(peer)), from: all.from.filter((peer) => linked.has(peer)), oneWay: all.oneWay };
    },
    members,
    send,
    onFrame(handler) {
      frameHandler = handler;
      for (const { from, frame } of waiting.splice(0)) handler(from, frame);
    },
    onNeighbour(handler) {
      neighbourHandler = handler;
      for (const peer of linked) handler({ peer, is: 'there' });
    },
    onMembers(handler) {
      membersHandler = handler;
    },
    shun,
    get metrics() {
      const { open: now, opened, bytesSent, bytesReceived } = channels;
      return { ...counts, neighbours: linked.size, channels: now, known: members().length - 1, lost: membership.lost.length, opened, bytesSent, bytesReceived };
    },
    somePeers(count) {
      const { active } = membership;
      return [self, ...active, ...membership.passive].slice(0, count);
    },
    introduced: (peers) => happen({ type: 'introduced', peers }),
    onSignal: (from, signal, back) => onSignal(from, signal, back, null),
    host(guest, deliver) {
      const leave = router.host(guest, deliver);
      guests.add(guest);
      return {
        send: (to, signal) => router.sendFor(guest, to, signal),
        leave() {
          leave();
          guests.delete(guest);
        },
      };
    },
    start: again,
    async stop() {
      stopped = true;
      cancelTick?.();
      await Promise.all([dialler.stop(), goodbyes()]);
      for (const peer of channels.peers) channels.close(peer, 'it left');
      channels.stop();
    },
  };

  /** A channel that does not take one any more is closed without. */
  async function goodbyes(): Promise<void> {
    const said = channels.all.map(({ channel }) => say(channel, { type: 'leave' }));
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = clock.after(times.goodbyeMs, resolve);
    });
    await Promise.race([Promise.all(said), late]);
    cancel();
  }
}
