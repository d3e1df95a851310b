/** Peers that average in a group over simulated lines, and die after as many frames as they are told. */
import { createGroupExchange } from '../../client/gossip/group-exchange.ts';
import type { Exchange, TurnOutcome } from '../../client/gossip/exchange.ts';
import type { PeerNetwork } from '../../client/gossip/peer-network.ts';
import { MurmurError } from '../../shared/errors.ts';
import { findWay, wayConfigOf } from '../../shared/gossip/registry.ts';
import type { GroupWay } from '../../shared/gossip/way.ts';
import { asEdgeId, type EdgeId } from '../../shared/ids.ts';
import { decodeFrame } from '../../shared/protocol/frame.ts';
import { createRandom } from '../../shared/random.ts';
import { parseGossipTask } from '../../shared/task/parse-task-spec.ts';
import { createLayout } from '../../shared/tensors/layout.ts';
import { buildGraph } from '../../shared/topology/registry.ts';
import { createGraphNetwork } from '../../simulations/gossip/graph-network.ts';
import { createVirtualClock, type VirtualClock } from '../../simulations/virtual-clock.ts';
import { toyGossipTask } from './toy-task.ts';

export const peerId = (number: number): EdgeId => asEdgeId(`e${String(number).padStart(20, '0')}`);

export interface GroupOptions {
  readonly peers: number;
  readonly size?: number;
  readonly way?: object;
  readonly patienceSeconds?: number;
  readonly maxNorm?: number | null;
  /** The peer dies instead of sending so many frames and one more. */
  readonly dies?: ReadonlyMap<number, number>;
  /** How survivors hear of a death: behind all that was under way, at once (and what was under way is lost), or never. */
  readonly hear?: 'in order' | 'at once' | 'never';
  /** Mixes how long lines take. */
  readonly seed?: number;
  /** Whom a peer knows; all unless said. */
  readonly knows?: (peer: number) => readonly number[];
  readonly tamper?: (from: number, to: number, frame: Uint8Array) => Uint8Array;
}

export interface Group {
  readonly clock: VirtualClock;
  readonly exchanges: readonly Exchange[];
  readonly networks: readonly PeerNetwork[];
  readonly dead: ReadonlySet<number>;
  /** Frames sent by each. */
  readonly sent: readonly number[];
  readonly bytes: readonly number[];
  /** What went wrong with what was sent: by whom. */
  readonly refused: { readonly by: number; readonly from: EdgeId; readonly thrown: unknown }[];
  /** One turn of these peers at the same instant; null for those that died in it. */
  turn(round: number, of?: readonly number[], delayMs?: (peer: number) => number): Promise<(TurnOutcome | null)[]>;
}

export function createGroup({ peers, size = 7, way = {}, patienceSeconds = 30, maxNorm = null, dies = new Map(), hear = 'in order', seed = 0, knows, tamper }: GroupOptions): Group {
  const clock = createVirtualClock();
  const ids = Array.from({ length: peers }, (_, i) => peerId(i));
  const dead = new Set<number>();
  const sent = ids.map(() => 0);
  const refused: Group['refused'] = [];
  let sequence = seed;
  const takes = (from: number, to: number): number => 5 + ((from * 7 + to * 13 + (seed === 0 ? 0 : sequence++ * 29)) % 11);
  const all = Array.from({ length: Math.max(2, peers) }, (_, i) => peerId(i));
  const graph = createGraphNetwork({ clock, ids: all, graph: buildGraph({ name: 'complete' }, all.length, createRandom(1)), takes });
  const heardDead = ids.map(() => new Set<number>());
  const goneHandlers = ids.map(() => (_peer: EdgeId): void => undefined);

  function die(peer: number): void {
    dead.add(peer);
    if (hear === 'never') return;
    for (const other of ids.keys()) {
      if (other === peer) continue;
      clock.after(hear === 'at once' ? other % 3 : 40 + other, () => {
        heardDead[other].add(peer);
        goneHandlers[other](ids[peer]);
      });
    }
  }

  const networks = ids.map((self, number): PeerNetwork => {
    const inner = graph.peer(number);
    return {
      ...inner,
      members: () => ids.filter((_, other) => !heardDead[number].has(other) && (knows === undefined || other === number || knows(number).includes(other))),
      async send(to, frame) {
        if (dead.has(number)) return;
        if (sent[number] === dies.get(number)) return die(number);
        sent[number]++;
        const at = ids.indexOf(to);
        if (heardDead[number].has(at)) throw new MurmurError('disconnected', `${to} is dead`);
        await inner.send(to, tamper === undefined ? frame : tamper(number, at, frame));
      },
      onFrame(handler) {
        inner.onFrame((from, frame) => {
          if (!dead.has(number) && !heardDead[number].has(ids.indexOf(from))) handler(from, frame);
        });
      },
      onNeighbour(handler) {
        goneHandlers[number] = (peer) => handler({ peer, is: 'gone' });
        inner.onNeighbour(handler);
      },
      self,
    };
  });

  const task = parseGossipTask(toyGossipTask({ gossip: { way: { name: 'group-average', weights: 'uniform', ...way }, patienceSeconds }, limits: { maxNorm } }));
  const layout = createLayout([{ name: 'a', shape: [size] }]);
  const exchanges = networks.map((network, number) => {
    const exchange = createGroupExchange({
      task, way: findWay('group-average') as GroupWay, config: wayConfigOf(task.gossip.way), layout, network, clock,
      initial: vectorOf(number, size), onRefused: (from, thrown) => refused.push({ by: number, from, thrown }),
    });
    network.onFrame((from, bytes) => {
      try {
        exchange.onFrame(from, decodeFrame(bytes));
      } catch (thrown) {
        refused.push({ by: number, from, thrown });
      }
    });
    network.onNeighbour(({ peer }) => exchange.gone(peer));
    return exchange;
  });

  return {
    clock, exchanges, networks, dead, sent, refused, bytes: graph.sent,
    async turn(round, of = [...ids.keys()], delayMs = () => 0) {
      const outcomes = ids.map((): TurnOutcome | null => null);
      const stop = new AbortController();
      let left = of.length;
      for (const peer of of) {
        clock.after(delayMs(peer), () => {
          if (dead.has(peer)) return void left--;
          void exchanges[peer].turn(round, stop.signal).then((outcome) => {
            outcomes[peer] = outcome;
            left--;
          }, () => undefined);
        });
      }
      await clock.runUntil(() => of.every((peer) => dead.has(peer) || outcomes[peer] !== null));
      for (const peer of dead) outcomes[peer] = null;
      return outcomes;
    },
  };
}

/** A power of two in a place of its own: a mean says exactly whose vectors are in it. */
export function vectorOf(peer: number, size = 7): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => 2 ** peer * (i + 1));
}

/** The mean of these peers' vectors. */
export function meanOf(peers: readonly number[], size = 7): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => peers.reduce((sum, peer) => sum + vectorOf(peer, size)[i], 0) / peers.length);
}
