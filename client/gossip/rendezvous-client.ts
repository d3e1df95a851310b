/** A rendezvous as a peer sees it, over any link: proves who it is, joins a swarm, and looks at what it was given. */
import { sign } from '#platform/crypto';
import type { Clock } from '../../shared/clock.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { MurmurError } from '../../shared/errors.ts';
import { swarmOf } from '../../shared/gossip/swarm.ts';
import { verifyVoucher } from '../../shared/gossip/voucher.ts';
import { toHex } from '../../shared/hex.ts';
import { asTaskId, type EdgeId, type TaskId } from '../../shared/ids.ts';
import { withCheckedReplies } from '../../shared/protocol/checked-replies.ts';
import type { Link } from '../../shared/protocol/link.ts';
import { introducerRequestParsers, PEER_PROTOCOL, peerChallengeText, peerReplyParsers, STATUS_MS, type PeerReply, type PeerStatus, type PeerToIntroducer } from '../../shared/protocol/peer-messages.ts';
import { parseGossipTask } from '../../shared/task/parse-task-spec.ts';
import type { GossipTask } from '../../shared/task/task-spec.ts';
import type { EdgeIdentity } from '../edge/session-options.ts';
import type { Introducer, Introduction } from './introducer.ts';

export interface RendezvousClientOptions {
  /** Its address, for people. */
  readonly name: string;
  /** One attempt to reach it. @throws disconnected, aborted */
  readonly connect: (signal: AbortSignal) => Promise<Link<PeerToIntroducer>>;
  readonly identity: EdgeIdentity;
  /** How this peer shows itself to people. */
  readonly peerName: string;
  readonly token?: string;
  readonly clock: Clock;
}

export interface RendezvousClient extends Introducer {
  /** Tasks in gossip mode that one may join there. @throws as `join` does */
  tasks(signal: AbortSignal): Promise<readonly TaskId[]>;
  /** What one would join: so that a peer is ready when others count on it. @throws as `join` does */
  describe(task: TaskId, signal: AbortSignal): Promise<GossipTask>;
}

/** What came before anybody listened; a rendezvous that sends more than this unasked loses it. */
const MOST_KEPT = 256;

/** Whoever leaves waits no longer for a rendezvous that does not answer. */
const LEAVE_MS = 1_000;

/** Ends the link where this comes to nothing. Whoever gives up waits for no reply: with the link ends all that was asked over it. */
async function asked<T>(link: Link<PeerToIntroducer>, signal: AbortSignal, question: () => Promise<T>): Promise<T> {
  const giveUp = (): void => link.close('given up');
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    signal.throwIfAborted();
    const answer = await question();
    signal.throwIfAborted();
    return answer;
  } catch (thrown) {
    link.close();
    throw thrown;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

export function createRendezvousClient({ name, connect, identity, peerName, token, clock }: RendezvousClientOptions): RendezvousClient {
  const self = edgeIdOf(identity.publicKey);
  const publicKey = toHex(identity.publicKey);

  async function open(signal: AbortSignal): Promise<Link<PeerToIntroducer>> {
    const link = withCheckedReplies(await connect(signal), peerReplyParsers);
    return asked(link, signal, async () => {
      const { challenge } = await link.request('hello', { protocol: { ...PEER_PROTOCOL }, software: 'murmuration' });
      const signature = toHex(sign(peerChallengeText(challenge), identity.secretKey));
      await link.request('authenticate', { publicKey, signature, name: peerName, ...(token === undefined ? {} : { token }) });
      return link;
    });
  }

  /** A task that was changed on the way is better found here than by the first neighbour. */
  function check({ task: document, swarm }: PeerReply<'describe'>, wanted: TaskId): GossipTask {
    const task = parseGossipTask(document);
    if (task.name !== wanted) throw new MurmurError('wrong_task', `${name} was asked for task ${wanted} and gave ${task.name}`);
    if (swarmOf(task) !== swarm) throw new MurmurError('bad_message', `${name} names the swarm of another task than the one that it gave`);
    return task;
  }

  /** One thing asked, and the link closed. */
  async function ask<T>(signal: AbortSignal, question: (link: Link<PeerToIntroducer>) => Promise<T>): Promise<T> {
    const link = await open(signal);
    try {
      return await question(link);
    } finally {
      link.close();
    }
  }

  return {
    name,
    tasks: (signal) => ask(signal, async (link) => (await link.request('tasks', {})).tasks),
    describe: (task, signal) => ask(signal, async (link) => check(await link.request('describe', { task }), task)),
    async join(wanted, signal) {
      const link = await open(signal);
      const signals = createInbox<unknown>();
      const pieces = createInbox<Uint8Array>();
      // Before it is known here who they are: peers may signal as soon as they were told of this one.
      link.onRequest(async (type, payload) => {
        switch (type) {
          case 'signal': {
            const { from, signal: passed } = introducerRequestParsers.signal.parse(payload);
            signals.put(from, passed);
            return {};
          }
          case 'relayed': {
            const { from, bytes } = introducerRequestParsers.relayed.parse(payload);
            pieces.put(from, bytes);
            return {};
          }
          default:
            throw new MurmurError('bad_message', `this peer knows no message of type ${type.slice(0, 50)}`);
        }
      });
      return asked(link, signal, async () => {
        const joined = await link.request('join', { task: wanted });
        const task = check(joined, wanted);
        verifyVoucher(joined.voucher, { swarm: joined.swarm, root: joined.root, publicKey: identity.publicKey, now: clock.now() });
        return introduction(link, task, joined, signals, pieces);
      });
    },
  };

  function introduction(link: Link<PeerToIntroducer>, task: GossipTask, { swarm, root, voucher, peers, iceServers, looksOn }: PeerReply<'join'>, signals: Inbox<unknown>, pieces: Inbox<Uint8Array>): Introduction {
    /** By receiver: pieces to one go one after the other. */
    const queues = new Map<EdgeId, Promise<unknown>>();
    let statusAt = -Infinity;
    const askAgain = (): Promise<PeerReply<'join'>> => link.request('join', { task: asTaskId(task.name) });

    async function status(told: PeerStatus): Promise<void> {
      const now = clock.now();
      if (now - statusAt < STATUS_MS) return;
      statusAt = now;
      await link.request('status', told);
    }

    return {
      task, swarm, root, voucher, iceServers,
      peers: peers.filter((peer) => peer !== self),
      get closed() {
        return link.closed;
      },
      async morePeers() {
        return (await askAgain()).peers.filter((peer) => peer !== self);
      },
      async renew() {
        const { voucher: given } = await askAgain();
        verifyVoucher(given, { swarm, root, publicKey: identity.publicKey, now: clock.now() });
        return given;
      },
      async signal(to, passed) {
        await link.request('signal', { to, signal: passed });
      },
      onSignal: signals.listen,
      async relay(to, bytes) {
        const before = queues.get(to) ?? Promise.resolve();
        const mine = before.catch(() => undefined).then(() => link.request('relay', { to, bytes }));
        queues.set(to, mine);
        try {
          await mine;
        } finally {
          if (queues.get(to) === mine) queues.delete(to);
        }
      },
      onRelayed: pieces.listen,
      ...(looksOn ? { status } : {}),
      onClose: (handler) => link.onClose(handler),
      async leave() {
        if (!link.closed) await link.request('leave', {}, { timeoutMs: LEAVE_MS }).catch(() => undefined);
        link.close('left');
      },
    };
  }
}

interface Inbox<T> {
  put(from: EdgeId, what: T): void;
  /** The one listener; what came before it is handed on at once. */
  listen(handler: (from: EdgeId, what: T) => void): void;
}

function createInbox<T>(): Inbox<T> {
  const kept: [EdgeId, T][] = [];
  let listener: ((from: EdgeId, what: T) => void) | null = null;
  return {
    put(from, what) {
      if (listener !== null) listener(from, what);
      else if (kept.length < MOST_KEPT) kept.push([from, what]);
      else throw new MurmurError('unavailable', 'nobody listens here yet');
    },
    listen(handler) {
      listener = handler;
      for (const [from, what] of kept.splice(0)) handler(from, what);
    },
  };
}
