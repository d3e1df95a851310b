/** A network in one process under a virtual clock: wires between peers, a rendezvous, and listeners of peers, each of which can be cut. */
import { createMesh, type Mesh, type MeshOptions } from '../../client/gossip/mesh.ts';
import type { Introducer, Introduction } from '../../client/gossip/introducer.ts';
import { createEnding, createInbox } from '../../client/gossip/wire-parts.ts';
import type { PeerTransport, Signalling, Wire } from '../../client/gossip/wire.ts';
import { keyPairOf, sha256Hex } from '#platform/crypto';
import type { Clock } from '../../shared/clock.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { MurmurError } from '../../shared/errors.ts';
import { issueVoucher } from '../../shared/gossip/voucher.ts';
import { fromHex, toHex } from '../../shared/hex.ts';
import { asDigest, type EdgeId } from '../../shared/ids.ts';
import { createRandom, shuffle } from '../../shared/random.ts';
import type { GossipTask } from '../../shared/task/task-spec.ts';

const LATENCY_MS = 5;

interface End {
  readonly wire: Wire;
  readonly peer: EdgeId;
}

export interface MemoryNet {
  transport(self: EdgeId): PeerTransport;
  /** Wires between the parts go silent, and none can be opened; null: all reach all. */
  split(partOf: ((id: EdgeId) => number) | null): void;
  /** A peer's process is gone: its wires close at the other ends, or, where it goes without a word, go silent. */
  kill(peer: EdgeId, how: 'closed' | 'silent'): void;
  /** Wires that are open at one of their ends. */
  readonly open: number;
}

export function createMemoryNet(clock: Clock): MemoryNet {
  const offers = new Map<string, { readonly from: EdgeId; readonly take: (answered: EdgeId) => Wire }>();
  const ends = new Set<End>();
  const dead = new Set<EdgeId>();
  let partOf: ((id: EdgeId) => number) | null = null;
  let count = 0;

  const reaches = (a: EdgeId, b: EdgeId): boolean => !dead.has(a) && !dead.has(b) && (partOf === null || partOf(a) === partOf(b));

  function pairOf(a: EdgeId, b: EdgeId): readonly [Wire, Wire] {
    const binding = `wire ${count++}`;
    const halves = [a, b].map((peer) => ({ peer, inbox: createInbox(), ending: createEnding() }));
    const wires = halves.map((half, i): Wire => {
      const other = halves[1 - i];
      const later = (run: () => void): void => {
        clock.after(LATENCY_MS, () => reaches(half.peer, other.peer) && run());
      };
      const end: End = {
        peer: half.peer,
        wire: {
          kind: 'memory', binding, maxMessageBytes: 16 * 1024, bufferedAmount: 0,
          get closed() {
            return half.ending.reason !== null;
          },
          send(message) {
            if (half.ending.reason !== null) throw new MurmurError('disconnected', 'the wire is closed');
            const copy = message.slice();
            later(() => other.inbox.put(copy));
          },
          onDrained: () => undefined,
          onMessage: (handler) => half.inbox.onMessage(handler),
          onClose: (handler) => half.ending.onEnd(handler),
          close(reason = 'closed') {
            if (!half.ending.end(reason)) return;
            half.inbox.shut();
            ends.delete(end);
            later(() => wires[1 - i].close('closed at the other side'));
          },
        },
      };
      ends.add(end);
      return end.wire;
    });
    return [wires[0], wires[1]];
  }

  return {
    transport(self) {
      const own = new Set<Wire>();
      const kept = (wire: Wire): Wire => {
        own.add(wire);
        wire.onClose(() => own.delete(wire));
        return wire;
      };
      const until = <T>(signal: AbortSignal, begin: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> =>
        new Promise((resolve, reject) => {
          if (signal.aborted) return reject(signal.reason as Error);
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
          begin(resolve, reject);
        });
      return {
        kind: 'memory',
        open: (signalling: Signalling, signal) =>
          until<Wire>(signal, (resolve) => {
            const offer = `offer ${count++}`;
            signal.addEventListener('abort', () => offers.delete(offer), { once: true });
            offers.set(offer, {
              from: self,
              take(answered) {
                offers.delete(offer);
                const [near, far] = pairOf(self, answered);
                clock.after(LATENCY_MS, () => (signal.aborted ? near.close() : resolve(kept(near))));
                return far;
              },
            });
            signalling.send({ offer });
          }),
        answer: (signalling: Signalling, signal) =>
          until<Wire>(signal, (resolve, reject) => {
            signalling.onSignal((given) => {
              const offer = offers.get((given as { offer: string }).offer);
              if (offer === undefined || offer.from !== signalling.peer || !reaches(self, signalling.peer)) return reject(new MurmurError('disconnected', 'no path'));
              signalling.send({ taken: true });
              resolve(kept(offer.take(self)));
            });
          }),
        stop() {
          for (const wire of [...own]) wire.close('stopped');
          return Promise.resolve();
        },
      };
    },
    split(part) {
      partOf = part;
    },
    kill(peer, how) {
      for (const end of [...ends]) if (end.peer === peer && how === 'closed') end.wire.close('gone');
      const gone = (): void => {
        dead.add(peer);
        for (const end of [...ends]) if (end.peer === peer) ends.delete(end);
      };
      if (how === 'silent') gone();
      else clock.after(LATENCY_MS + 1, gone);
    },
    get open() {
      return ends.size;
    },
  };
}

export interface MemoryRendezvous extends Introducer {
  /** All connections end, and none can be made until it comes back. */
  kill(): void;
  comeBack(): void;
  readonly registered: readonly EdgeId[];
}

const ROOT = keyPairOf(new Uint8Array(32).fill(7));
const SWARM = asDigest('5a'.repeat(32));

/** As one peer sees it: each has its own key. */
export function createMemoryRendezvous(clock: Clock, task: GossipTask, seed: number, voucherMs = 2 ** 50): (publicKey: Uint8Array) => MemoryRendezvous {
  const random = createRandom(seed);
  interface Session {
    readonly onSignal: ((from: EdgeId, signal: unknown) => void)[];
    onRelayed: (from: EdgeId, bytes: Uint8Array) => void;
    readonly ending: ReturnType<typeof createEnding>;
  }
  const sessions = new Map<EdgeId, Session>();
  let alive = true;

  return (publicKey) => ({
    name: 'memory rendezvous',
    get registered() {
      return [...sessions.keys()];
    },
    kill() {
      alive = false;
      for (const { ending } of [...sessions.values()]) ending.end('the rendezvous was killed');
      sessions.clear();
    },
    comeBack() {
      alive = true;
    },
    async join() {
      if (!alive) throw new MurmurError('disconnected', 'the rendezvous is gone');
      const self = edgeIdOf(publicKey);
      const peers = shuffle([...sessions.keys()].filter((id) => id !== self), random).slice(0, 3);
      const session: Session = { onSignal: [], onRelayed: () => undefined, ending: createEnding() };
      sessions.get(self)?.ending.end('connected anew');
      sessions.set(self, session);
      const vouch = () => issueVoucher({ swarm: SWARM, publicKey, expires: Math.ceil(clock.now()) + voucherMs, issuer: ROOT, chain: null });
      const introduction: Introduction = {
        task, swarm: SWARM, root: toHex(ROOT.publicKey), voucher: vouch(), peers, iceServers: [],
        get closed() {
          return session.ending.reason !== null;
        },
        async renew() {
          if (session.ending.reason !== null) throw new MurmurError('disconnected', 'the rendezvous is gone');
          return vouch();
        },
        async signal(to, signal) {
          const other = sessions.get(to);
          if (session.ending.reason !== null) throw new MurmurError('disconnected', 'the rendezvous is gone');
          if (other === undefined) throw new MurmurError('not_found', `${to} is not here`);
          clock.after(LATENCY_MS, () => {
            if (other.ending.reason === null) for (const handler of other.onSignal) handler(self, structuredClone(signal));
          });
        },
        onSignal: (handler) => void session.onSignal.push(handler),
        relay(to, bytes) {
          const other = sessions.get(to);
          if (session.ending.reason !== null || other === undefined) return Promise.reject(new MurmurError('not_found', `${to} is not here`));
          const copy = bytes.slice();
          return new Promise((resolve) => {
            clock.after(LATENCY_MS, () => {
              other.onRelayed(self, copy);
              resolve();
            });
          });
        },
        onRelayed(handler) {
          session.onRelayed = handler;
        },
        onClose: (handler) => session.ending.onEnd(handler),
        leave() {
          session.ending.end('left');
          if (sessions.get(self) === session) sessions.delete(self);
          return Promise.resolve();
        },
      };
      return introduction;
    },
  });
}

/** A peer that listens, as a newcomer with this key sees it. */
export function listenerOf(clock: Clock, host: Mesh, publicKey: Uint8Array): Introducer {
  return {
    name: `listener of ${host.self}`,
    async join() {
      const { task, digest, root, iceServers } = host.swarm;
      const handlers: ((from: EdgeId, signal: unknown) => void)[] = [];
      const ending = createEnding();
      const guest = host.host(edgeIdOf(publicKey), {
        onSignal: (from, signal) => void clock.after(LATENCY_MS, () => handlers.forEach((handler) => handler(from, signal))),
        onRelayed: () => Promise.reject(new MurmurError('not_found', 'nothing is relayed')),
      });
      return {
        task, swarm: digest, root, iceServers, voucher: host.vouchFor(toHex(publicKey)), peers: host.somePeers(3),
        get closed() {
          return ending.reason !== null;
        },
        async signal(to, signal) {
          guest.signal(to, structuredClone(signal));
        },
        renew: async () => host.vouchFor(toHex(publicKey)),
        onSignal: (handler) => void handlers.push(handler),
        relay: async (to, bytes) => guest.relay(to, bytes),
        onRelayed: () => undefined,
        onClose: (handler) => ending.onEnd(handler),
        leave() {
          ending.end('left');
          guest.leave();
          return Promise.resolve();
        },
      };
    },
  };
}

/** A mesh over this network; the same name is the same peer in every run. */
export function memoryMesh(net: MemoryNet, name: string, introducers: (publicKey: Uint8Array) => readonly Introducer[], options: Omit<MeshOptions, 'identity' | 'introducers' | 'transports'> & Partial<Pick<MeshOptions, 'transports'>>): Mesh {
  const identity = keyPairOf(fromHex(sha256Hex(new TextEncoder().encode(name))));
  return createMesh({ transports: ({ self }) => [net.transport(self)], ...options, identity, introducers: introducers(identity.publicKey) });
}
