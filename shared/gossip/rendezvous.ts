/**
 * The rendezvous: who is connected to which swarm. It introduces a newcomer to a few of them, vouches for its key, and passes
 * on what peers signal to each other, and bytes where they have no direct path. A coordinator has one, and so has each peer
 * that listens. Knows nothing of sockets; nothing that comes from outside throws past a link's handler, or grows without bound.
 */
import { randomBytes as platformRandomBytes, verify } from '#platform/crypto';
import type { Clock } from '../clock.ts';
import { edgeIdOf } from '../edge-id.ts';
import { MurmurError, toErrorBody, toMurmurError } from '../errors.ts';
import { fromHex, toHex } from '../hex.ts';
import type { Digest, EdgeId, TaskId } from '../ids.ts';
import type { Logger } from '../logger.ts';
import type { Link } from '../protocol/link.ts';
import { withCheckedReplies } from '../protocol/checked-replies.ts';
import {
  introducerReplyParsers, LONGEST_SIGNAL, MOST_RELAYED_BYTES, PEER_PROTOCOL, peerChallengeText, peerRequestParsers, peerRequests, signalLength, STATUS_MS, type IntroducerToPeer, type PeerReply, type PeerRequest, type PeerStatus,
} from '../protocol/peer-messages.ts';
import { unavailableFor } from '../protocol/retry-after.ts';
import { shuffle, type RandomSource } from '../random.ts';
import { createAllowance, type Allowance } from './allowance.ts';
import { createRelayDesk } from './relay-desk.ts';
import { DEFAULT_RENDEZVOUS_LIMITS, type GuestHandlers, type HostedGuest, type RendezvousHouse, type RendezvousLimits } from './rendezvous-house.ts';

/** Refused requests of one flood after which its connection is closed. */
const REFUSED_BEFORE_CLOSED = 1000;
/** Signals that wait at a time to be taken by one peer. */
const MOST_SIGNALS_TO = 256;
/** Two statuses may come a little closer together than they were sent. */
const STATUS_SLACK_MS = 100;
const MOST_ISSUES = 5;

export interface ConnectedPeer {
  readonly peer: EdgeId;
  readonly name: string;
  readonly task: TaskId;
  readonly swarm: Digest;
  readonly since: number;
  /** null: it has not said anything of itself yet. */
  readonly status: PeerStatus | null;
  readonly statusAt: number;
}

export interface RendezvousOptions {
  readonly house: RendezvousHouse;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly limits?: Partial<RendezvousLimits>;
  /** Asks peers to say how they are, and calls back when one came, went or said something. */
  readonly onChange?: (task: TaskId) => void;
  readonly randomBytes?: (count: number) => Uint8Array;
}

export interface Rendezvous {
  /** Serves one link until that closes. `onKnown` is called when it is known whose it is. */
  serve(link: Link<IntroducerToPeer>, onKnown?: (peer: EdgeId) => void): void;
  peersOf(task: TaskId): readonly ConnectedPeer[];
  has(peer: EdgeId): boolean;
  /** Cuts off a peer that may not be here any more. */
  expel(peer: EdgeId, reason: string): void;
  /** Bytes relayed since it began. */
  readonly relayedBytes: number;
  /** Closes all links. */
  close(): void;
}

interface Guest {
  readonly link: Link<IntroducerToPeer>;
  readonly challenge: string;
  readonly allowance: Allowance;
  readonly onKnown: (peer: EdgeId) => void;
  refused: number;
  /** On their way to it, not acknowledged yet. */
  signals: number;
  greeted: boolean;
  identity: { readonly peer: EdgeId; readonly publicKey: string; readonly name: string } | null;
  joined: ConnectedPeer | null;
  hosted: HostedGuest | null;
  readonly gone: AbortController;
}

type RequestType = keyof typeof peerRequests;
const BEFORE_SESSION = new Set<RequestType>(['hello', 'authenticate']);

export function createRendezvous({ house, clock, random, logger, limits: given = {}, onChange, randomBytes = platformRandomBytes }: RendezvousOptions): Rendezvous {
  const limits = { ...DEFAULT_RENDEZVOUS_LIMITS, ...given };
  /** Whose session is open, by peer; those that have joined, by task. */
  const sessions = new Map<EdgeId, Guest>();
  const swarms = new Map<TaskId, Map<EdgeId, Guest>>();
  const desk = createRelayDesk(clock, limits.relay);

  function sessionOf(guest: Guest): NonNullable<Guest['identity']> {
    if (guest.identity === null) throw new MurmurError('not_authenticated', 'the session is not open: say hello, then authenticate');
    return guest.identity;
  }

  function swarmOf(guest: Guest): ConnectedPeer {
    sessionOf(guest);
    if (guest.joined === null) throw new MurmurError('conflict', 'join a task first');
    return guest.joined;
  }

  /** A guest of the same swarm; null: not here. */
  function mateOf(joined: ConnectedPeer, to: EdgeId): Guest | null {
    return swarms.get(joined.task)?.get(to) ?? null;
  }

  function notHere(to: EdgeId): MurmurError {
    return new MurmurError('not_found', `peer ${to} is not connected here`);
  }

  function part(guest: Guest): void {
    const { identity, joined, hosted } = guest;
    guest.gone.abort(new MurmurError('disconnected', 'the peer is gone'));
    if (identity !== null && sessions.get(identity.peer) === guest) {
      sessions.delete(identity.peer);
      desk.forget(identity.peer);
    }
    guest.joined = null;
    guest.hosted = null;
    hosted?.leave();
    if (joined === null) return;
    const swarm = swarms.get(joined.task);
    if (swarm?.get(joined.peer) === guest) swarm.delete(joined.peer);
    if (swarm?.size === 0) swarms.delete(joined.task);
    onChange?.(joined.task);
  }

  /** Some guests of the swarm without the newcomer, and such as are elsewhere: drawn at random, so that newcomers do not all hang on the same few. */
  function introductions(task: TaskId, newcomer: EdgeId): EdgeId[] {
    const here = [...(swarms.get(task)?.keys() ?? [])];
    const found = new Set<EdgeId>(house.elsewhere?.somePeers(limits.introductions) ?? []);
    found.delete(newcomer);
    for (let draw = 0; draw < 4 * limits.introductions && found.size < 2 * limits.introductions && here.length > 0; draw++) {
      const drawn = here[random.int(here.length)];
      if (drawn !== newcomer) found.add(drawn);
    }
    return shuffle([...found], random).slice(0, limits.introductions);
  }

  /** Resolves when it was taken: who reads slowly has few of them waiting, and its senders hear of it. */
  async function pass(to: Guest, from: EdgeId, signal: unknown): Promise<void> {
    if (to.signals >= MOST_SIGNALS_TO) throw unavailableFor(1000, `peer ${to.identity?.peer ?? ''} has more signals to look at than it can`);
    to.signals++;
    try {
      await to.link.request('signal', { from, signal });
    } finally {
      to.signals--;
    }
  }

  /** For what comes to a guest from elsewhere. */
  function handlersFor(guest: Guest): GuestHandlers {
    return {
      onSignal(from, signal) {
        if (signalLength(signal) <= LONGEST_SIGNAL) pass(guest, from, signal).catch((thrown: unknown) => logger.debug({ from, err: toMurmurError(thrown) }, 'a signal to a guest was lost'));
      },
      async onRelayed(from, bytes) {
        if (bytes.byteLength > MOST_RELAYED_BYTES) throw new MurmurError('too_large', `a piece of ${bytes.byteLength} bytes is not relayed; at most ${MOST_RELAYED_BYTES} are`);
        await guest.link.request('relayed', { from, bytes });
      },
    };
  }

  const handlers: { readonly [Type in RequestType]: (guest: Guest, request: PeerRequest<Type>) => Promise<PeerReply<Type>> } = {
    async hello(guest, { protocol }) {
      if (protocol.major !== PEER_PROTOCOL.major) {
        throw new MurmurError('unsupported_version', `this introducer speaks protocol ${PEER_PROTOCOL.major}.${PEER_PROTOCOL.minor}, the peer ${protocol.major}.${protocol.minor}; update the older of the two`, { details: PEER_PROTOCOL });
      }
      guest.greeted = true;
      return { protocol: { major: PEER_PROTOCOL.major, minor: Math.max(0, Math.min(PEER_PROTOCOL.minor, protocol.minor)) }, challenge: guest.challenge, admission: house.admission };
    },
    async authenticate(guest, { publicKey, signature, name, token }) {
      if (!guest.greeted) throw new MurmurError('not_authenticated', 'say hello first: the protocol version is agreed there');
      const key = fromHex(publicKey);
      if (!verify(fromHex(signature), peerChallengeText(guest.challenge), key)) throw new MurmurError('bad_signature', 'the signature over the challenge does not fit the public key');
      const peer = edgeIdOf(key);
      if (guest.identity !== null && guest.identity.peer !== peer) throw new MurmurError('conflict', `this connection is the session of peer ${guest.identity.peer}; open another one for ${peer}`);
      await house.admit({ peer, publicKey, name, ...(token === undefined ? {} : { token }) });
      if (guest.link.closed) throw new MurmurError('disconnected', 'the connection was closed');
      // Another one may have been authenticated here meanwhile.
      if (guest.identity !== null) {
        if (guest.identity.peer !== peer) throw new MurmurError('conflict', `this connection is the session of peer ${guest.identity.peer}`);
        return { peer };
      }
      const before = sessions.get(peer);
      if (before === undefined && sessions.size >= limits.peers) throw unavailableFor(10_000, `${limits.peers} peers are connected, no more are taken`);
      // The newest connection is the peer's: its last one may hang.
      if (before !== undefined) {
        part(before);
        before.link.close('the peer has connected anew');
      }
      guest.identity = { peer, publicKey, name };
      sessions.set(peer, guest);
      guest.onKnown(peer);
      return { peer };
    },
    async tasks() {
      return { tasks: [...(await house.tasks())] };
    },
    async describe(_guest, { task: name }) {
      const { task, swarm } = await house.terms(name);
      return { task, swarm };
    },
    async join(guest, { task }) {
      const { peer, publicKey, name } = sessionOf(guest);
      if (guest.joined !== null && guest.joined.task !== task) throw new MurmurError('conflict', `this connection belongs to the swarm of ${guest.joined.task}; open another one for ${task}`);
      const terms = await house.terms(task);
      // It may have gone, or been replaced, or have joined by another request meanwhile.
      if (sessions.get(peer) !== guest) throw new MurmurError('disconnected', 'the session has ended');
      if (guest.joined !== null && guest.joined.task !== task) throw new MurmurError('conflict', `this connection belongs to the swarm of ${guest.joined.task}`);
      const peers = introductions(task, peer);
      if (guest.joined === null) {
        guest.joined = { peer, name, task, swarm: terms.swarm, since: clock.now(), status: null, statusAt: -Infinity };
        const swarm = swarms.get(task) ?? new Map<EdgeId, Guest>();
        swarms.set(task, swarm.set(peer, guest));
        guest.hosted = house.elsewhere?.host(peer, handlersFor(guest)) ?? null;
        onChange?.(task);
      }
      return { task: terms.task, swarm: terms.swarm, root: terms.root, voucher: terms.vouch(publicKey), peers, iceServers: house.iceServers, looksOn: onChange !== undefined };
    },
    async signal(guest, { to, signal }) {
      const joined = swarmOf(guest);
      requireShort(signal);
      const mate = mateOf(joined, to);
      if (mate !== null) await pass(mate, joined.peer, signal);
      else if (guest.hosted !== null) guest.hosted.signal(to, signal);
      else throw notHere(to);
      return {};
    },
    async relay(guest, { to, bytes }) {
      const joined = swarmOf(guest);
      const mate = mateOf(joined, to);
      const { hosted } = guest;
      if (mate === null && hosted === null) throw notHere(to);
      await desk.relay(joined.peer, to, bytes, async () => (mate === null ? hosted?.relay(to, bytes) : mate.link.request('relayed', { from: joined.peer, bytes })), guest.gone.signal);
      return {};
    },
    async status(guest, status) {
      const joined = swarmOf(guest);
      const now = clock.now();
      // Those that come too often are not listened to: the next one says the same.
      if (onChange === undefined || now - joined.statusAt < STATUS_MS - STATUS_SLACK_MS) return {};
      guest.joined = { ...joined, status, statusAt: now };
      onChange(joined.task);
      return {};
    },
    async leave(guest) {
      sessionOf(guest);
      part(guest);
      return {};
    },
  };

  function handle<Type extends RequestType>(guest: Guest, type: Type, payload: unknown): Promise<object> {
    const parsed = peerRequestParsers[type].safeParse(payload);
    if (!parsed.success) {
      const issues = parsed.error.issues.slice(0, MOST_ISSUES).map(({ path, message }) => `${path.map(String).join('.').slice(0, 100) || '(message)'}: ${message.slice(0, 200)}`);
      throw new MurmurError('bad_message', `${type}: ${issues.join('; ')}`);
    }
    if (!BEFORE_SESSION.has(type)) sessionOf(guest);
    return handlers[type](guest, parsed.data);
  }

  function requireAllowed(guest: Guest): void {
    if (guest.allowance.take(1)) {
      guest.refused = 0;
      return;
    }
    if (++guest.refused >= REFUSED_BEFORE_CLOSED) guest.link.close('it asks for more than can be answered');
    throw unavailableFor(1000, 'too many requests on this connection; try again in a second');
  }

  async function answer(guest: Guest, type: string, payload: unknown): Promise<object> {
    try {
      requireAllowed(guest);
      if (!Object.hasOwn(peerRequests, type)) throw new MurmurError('bad_message', `there is no message of type ${JSON.stringify(type.slice(0, 50))}`);
      return await handle(guest, type as RequestType, payload);
    } catch (thrown) {
      const { code } = toErrorBody(thrown);
      logger[code === 'internal' ? 'error' : 'debug']({ peer: guest.identity?.peer, type, code, err: toMurmurError(thrown) }, 'request of a peer refused');
      // Neither is the sender's own link's failure, which alone it would take the words for: the other peer's link failed.
      if (code === 'timeout') throw new MurmurError('unavailable', 'the other peer did not answer in time', { cause: thrown });
      if (code === 'disconnected') throw new MurmurError('not_found', 'the other peer is gone', { cause: thrown });
      throw thrown;
    }
  }

  return {
    serve(wire, onKnown = () => undefined) {
      const guest: Guest = {
        link: withCheckedReplies(wire, introducerReplyParsers), challenge: toHex(randomBytes(32)), onKnown, refused: 0, signals: 0, greeted: false, identity: null, joined: null, hosted: null, gone: new AbortController(),
        allowance: createAllowance(clock, { perSecond: limits.requestsPerSecond, atOnce: limits.requestsAtOnce }),
      };
      wire.onRequest((type, payload) => answer(guest, type, payload));
      wire.onClose(() => part(guest));
    },
    peersOf: (task) => [...(swarms.get(task)?.values() ?? [])].flatMap(({ joined }) => (joined === null ? [] : [joined])),
    has: (peer) => sessions.has(peer),
    expel(peer, reason) {
      const guest = sessions.get(peer);
      if (guest === undefined) return;
      part(guest);
      guest.link.close(reason);
    },
    get relayedBytes() {
      return desk.bytes;
    },
    close() {
      for (const guest of [...sessions.values()]) {
        part(guest);
        guest.link.close('the rendezvous stops');
      }
    },
  };
}

/** @throws too_large, bad_message */
function requireShort(signal: unknown): void {
  const length = signalLength(signal);
  if (length > LONGEST_SIGNAL) throw new MurmurError('too_large', `a signal is JSON of at most ${LONGEST_SIGNAL} characters`);
}
