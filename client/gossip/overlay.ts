/**
 * One peer's part of a swarm: carries out what membership asks for over channels, passes signals on for others, and keeps the
 * links that the task's topology wants.
 */
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { createMembership, type MembershipAction } from '../../shared/gossip/membership.ts';
import { encodeMeshMessage, type DialSignal, type MeshMessage, type Want } from '../../shared/gossip/mesh-frames.ts';
import type { Digest, EdgeId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { GossipSettings } from '../../shared/task/gossip-settings.ts';
import { createCalls, outcomeOf } from './calls.ts';
import type { Channel } from './channel.ts';
import { createDialler, type SignalWay } from './dialler.ts';
import { createEventQueue } from './event-queue.ts';
import { createFarewells } from './farewells.ts';
import { createFrameIntake } from './frame-intake.ts';
import type { MeshEvent, MeshMetrics } from './mesh-events.ts';
import type { MeshTimes } from './mesh-times.ts';
import { createNeighbourLinks } from './neighbour-links.ts';
import { createOpenChannels, type OpenChannel } from './open-channels.ts';
import type { PeerNetwork } from './peer-network.ts';
import { createSignalRouter } from './signal-router.ts';
import { createSender } from './sender.ts';
import { createTicks } from './ticks.ts';
import { createWantedLinks, degreeOf } from './wanted-links.ts';
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

/** Channels beyond which none is opened only to talk. */
const MOST_CHANNELS = 128;
/** More for those that want to be neighbours: whoever makes many names for itself cannot fill a peer's memory with channels. */
const KEPT_FOR_NEIGHBOURS = 64;
/** Passive peers that a peer of a small swarm knows in any case. */
const PASSIVE = 64;
const MOST_PASSIVE = 1024;

export function createOverlay(options: OverlayOptions): Overlay {
  const { self, settings, swarm, transports, greet, introducerWays, onIsolated, onTick, times, clock, random, logger, onEvent } = options;
  const { minimumPeers } = settings;
  const membership = createMembership({ self, degree: degreeOf(settings.topology), passive: Math.min(MOST_PASSIVE, Math.max(PASSIVE, 2 * minimumPeers)) }, random.fork('membership'));
  const banned = new Set<EdgeId>();
  const guests = new Set<EdgeId>();
  let died = 0;
  let stopped = false;
  let membersHandler: (() => void) | null = null;
  let mostMembers = 0;

  const events = createEventQueue({
    membership,
    carryOut,
    onSettled() {
      refreshLinks();
      const count = members().length;
      if (count > mostMembers) membersHandler?.();
      mostMembers = count;
    },
  });

  const neighbours = createNeighbourLinks({ isOpen: (peer) => channels.get(peer) !== undefined, onChange: ({ peer, is }) => onEvent({ type: 'neighbour', peer, is }) });

  const intake = createFrameIntake({
    strikes: settings.robust.strikes,
    clock,
    take,
    onRefused(peer, error, strikes) {
      onEvent({ type: 'refused', peer, error });
      logger.warn({ peer, code: error.code, err: error }, 'a peer sent what is no message of a mesh');
      if (strikes >= settings.robust.strikes) shun(peer, error.message);
    },
  });

  const channels = createOpenChannels({
    quietMs: times.quietMs,
    deadMs: times.deadMs,
    clock,
    ask: ({ channel }) => void say(channel, { type: 'ping' }),
    onSuspect: (peer) => onEvent({ type: 'suspected', peer }),
    onFrame: (one, bytes) => intake.arrived(one, bytes),
    onClosed: closed,
  });

  const farewells = createFarewells({ channels, say, clock, times });

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
      calls.met(peer);
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

  const calls = createCalls({ dialler, clock, tickMs: times.tickMs, onFailed: (peer, error) => onEvent({ type: 'dial-failed', peer, error }) });

  const wanted = createWantedLinks({
    self,
    settings,
    swarm,
    active: () => membership.active,
    isOpen: (peer) => channels.get(peer) !== undefined,
    isBusyWith: (peer) => dialler.isBusyWith(peer),
    open: (peer) => calls.open(peer, 'talk'),
  });

  function admits(peer: EdgeId, want: Want): 'yes' | 'full' | 'unwanted' {
    if (stopped || banned.has(peer) || peer === self) return 'unwanted';
    const room = MOST_CHANNELS + (want === 'talk' ? 0 : KEPT_FOR_NEIGHBOURS);
    if (channels.get(peer) === undefined && channels.peers.length >= room) return 'full';
    if (want === 'talk') return 'yes';
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

  function carryOut(action: MembershipAction): void {
    if (action.type === 'send') return tell(action.to, { type: 'membership', message: action.message });
    if (action.type === 'neighbour') return;
    const { peer, urgent } = action;
    if (channels.get(peer) !== undefined) return events.happen({ type: 'opened', peer });
    calls.open(peer, urgent ? 'urgent' : 'room').then(
      () => events.happen({ type: 'opened', peer }),
      (thrown: unknown) => events.happen({ type: outcomeOf(thrown), peer }),
    );
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
        return events.happen({ type: 'message', from: peer, message: message.message });
      case 'routed':
        return router.routed(peer, message);
      case 'unroutable':
        return router.unroutable(peer, message);
    }
  }

  function closed({ peer, channel, farewell }: OpenChannel, reason: string): void {
    onEvent({ type: 'channel-closed', peer, kind: channel.kind, reason });
    if (stopped) return;
    if (farewell === 'leave') events.happen({ type: 'left', peer });
    else if (farewell === null || membership.holds(peer)) {
      died++;
      events.happen({ type: 'died', peer });
    }
    // A neighbour's end is told with the links; others may be waited for, too.
    neighbours.ended(peer, farewell === 'release' ? 'released' : 'gone');
    refreshLinks();
  }

  function onSignal(from: EdgeId, signal: DialSignal, back: SignalWay, route: readonly EdgeId[] | null): void {
    if (stopped || from === self) return;
    // Who is shunned is told so when it calls: it would wait, and call again and again.
    if (banned.has(from)) return signal.type === 'call' ? dialler.onSignal(from, signal, back) : undefined;
    if (signal.type === 'call' && route !== null && route.length > 0) membership.met({ id: from, route: route.slice(0, 6), age: 0 });
    dialler.onSignal(from, signal, back);
  }

  /** Those who live and do not want nothing to do with this peer, oneself among them, by growing id. */
  function members(): EdgeId[] {
    return [...new Set([self, ...membership.active, ...membership.passive, ...channels.peers])].filter((peer) => !banned.has(peer) && calls.isWilling(peer)).sort();
  }

  function refreshLinks(): void {
    if (events.busy || stopped) return;
    wanted.seen(members());
    neighbours.refresh(wanted.peers());
  }

  const ticks = createTicks({
    tickMs: times.tickMs,
    clock,
    random,
    isIsolated: () => membership.active.length === 0 && dialler.attempts === 0,
    onIsolated,
    onTick() {
      router.renew();
      events.happen({ type: 'tick' });
      const now = wanted.tick();
      farewells.release((peer) => now.has(peer) || membership.holds(peer));
      onTick();
    },
  });

  function shun(peer: EdgeId, reason: string): void {
    if (banned.has(peer) || peer === self) return;
    banned.add(peer);
    wanted.forget(peer);
    events.happen({ type: 'shun', peer });
    const one = channels.get(peer);
    if (one !== undefined) one.farewell = 'release';
    channels.close(peer, reason);
    onEvent({ type: 'shunned', peer, reason });
  }

  const sendTo = createSender({ channels, calls, clock, isKnown: (peer) => membership.routeTo(peer) !== null || wanted.has(peer), onFailed: (peer, outcome) => events.happen({ type: outcome, peer }) });

  async function send(to: EdgeId, frame: Uint8Array): Promise<void> {
    if (stopped || banned.has(to) || to === self) throw new MurmurError('disconnected', `there is no way to ${to}`);
    return sendTo(to, frame);
  }

  return {
    self,
    links(round) {
      const { to, from, oneWay } = wanted.inRound(round);
      return { to: to.filter((peer) => neighbours.has(peer)), from: from.filter((peer) => neighbours.has(peer)), oneWay };
    },
    members,
    send,
    onFrame: (handler) => intake.onFrame(handler),
    onNeighbour: (handler) => neighbours.onNeighbour(handler),
    onMembers(handler) {
      membersHandler = handler;
    },
    shun,
    get metrics() {
      const { open: now, opened, bytesSent, bytesReceived } = channels;
      return { ...calls.counts, died, neighbours: neighbours.size, channels: now, known: members().length - 1, lost: membership.lost.length, opened, bytesSent, bytesReceived };
    },
    somePeers(count) {
      const { active } = membership;
      return [self, ...active, ...membership.passive].slice(0, count);
    },
    introduced: (peers) => events.happen({ type: 'introduced', peers }),
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
    start: () => ticks.start(),
    async stop() {
      stopped = true;
      events.stop();
      ticks.stop();
      await Promise.all([dialler.stop(), farewells.leave()]);
    },
  };
}
