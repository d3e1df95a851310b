/**
 * Peers over a graph that is given, under a virtual clock: no membership, no transport, only lines that take their time.
 * Frames are bytes, as everywhere; who gets them must not change them, since all their receivers share one copy.
 */
import type { PeerNetwork } from '../../client/gossip/peer-network.ts';
import { sleep, type Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { GossipLinks } from '../../shared/gossip/way.ts';
import type { EdgeId } from '../../shared/ids.ts';
import { sendersIn, type Graph } from '../../shared/topology/topology.ts';

export interface GraphNetworkOptions {
  readonly clock: Clock;
  /** Of the peers by their number in the graph. */
  readonly ids: readonly EdgeId[];
  readonly graph: Graph;
  /** Virtual milliseconds that a frame of so many bytes, sent now, takes from one peer to another; null: it is lost. */
  readonly takes: (from: number, to: number, bytes: number, frame: Uint8Array) => number | null;
  /** Virtual milliseconds until a peer's line has taken all that was sent; left out: nobody waits for that. */
  readonly takenIn?: (from: number) => number;
}

export interface GraphNetwork {
  peer(number: number): PeerNetwork;
  /** Everybody meets their neighbours. */
  open(): void;
  /** From now on nothing comes from one of two such peers to the other; both think the other dead after `noticeMs`. */
  separate(apart: (a: number, b: number) => boolean, noticeMs: number): void;
  /** All reach all again, and those meet again who had thought each other dead. */
  join(): void;
  /** Bytes sent by each peer, and of those the ones that arrived at each, by number. */
  readonly sent: readonly number[];
  readonly arrived: readonly number[];
}

interface Peer {
  onFrame: ((from: EdgeId, frame: Uint8Array) => void) | null;
  onNeighbour: ((change: { readonly peer: EdgeId; readonly is: 'there' | 'gone' }) => void) | null;
  /** Whom it has nothing to do with: by its own wish, or since it thinks them dead. */
  readonly shunned: Set<EdgeId>;
  readonly lost: Set<EdgeId>;
  /** Whom it has sent to. */
  readonly lines: Map<EdgeId, Line>;
}

/** Frames that arrive at one instant, in the order in which they were sent: one timer for all of them. */
type Arrivals = { readonly from: number; readonly to: number; readonly frame: Uint8Array }[];

interface Line {
  readonly to: number;
  /** When the last frame arrives: frames of one pair never overtake each other. */
  arrivesLast: number;
}

/** One for all: a promise for each frame would be a burden to none but the collector. */
const TAKEN = Promise.resolve();

const nobody = (): boolean => false;

export function createGraphNetwork({ clock, ids, graph, takes, takenIn }: GraphNetworkOptions): GraphNetwork {
  const numbers = new Map(ids.map((id, number) => [id, number]));
  const members = [...ids].sort();
  const sent = ids.map(() => 0);
  const arrived = ids.map(() => 0);
  const peers: Peer[] = ids.map(() => ({ onFrame: null, onNeighbour: null, shunned: new Set(), lost: new Set(), lines: new Map() }));
  /** Of each round of the graph's period, of each peer. */
  const links = graph.rounds.map((to) => {
    const from = sendersIn(to);
    return ids.map((_, peer): GossipLinks => ({ to: to[peer].map((one) => ids[one]), from: from[peer].map((one) => ids[one]), oneWay: graph.directed }));
  });
  const neighbours = ids.map((_, peer) => [...new Set(links.flatMap((round) => [...round[peer].to, ...round[peer].from]))]);
  let areApart: (a: number, b: number) => boolean = nobody;
  let cancelNotice = (): void => undefined;

  const underWay = new Map<number, Arrivals>();

  function arrives(at: number, arrival: Arrivals[number]): void {
    const known = underWay.get(at);
    if (known !== undefined) return void known.push(arrival);
    const arrivals: Arrivals = [arrival];
    underWay.set(at, arrivals);
    clock.after(at - clock.now(), () => {
      underWay.delete(at);
      arrivals.forEach(deliver);
    });
  }

  function deliver({ from, to, frame }: Arrivals[number]): void {
    const [sender, receiver] = [ids[from], peers[to]];
    if (receiver.shunned.has(sender) || receiver.lost.has(sender) || areApart(from, to)) return;
    arrived[to] += frame.byteLength;
    receiver.onFrame?.(sender, frame);
  }

  /** Each pair of neighbours of which this holds, from both sides. */
  function eachPair(holds: (a: number, b: number) => boolean, visit: (own: Peer, other: EdgeId) => void): void {
    neighbours.forEach((around, peer) => around.forEach((other) => {
      if (holds(peer, numbers.get(other) ?? -1)) visit(peers[peer], other);
    }));
  }

  return {
    sent,
    arrived,
    open: () => eachPair(() => true, (own, other) => own.onNeighbour?.({ peer: other, is: 'there' })),
    separate(apart, noticeMs) {
      areApart = apart;
      cancelNotice = clock.after(noticeMs, () => eachPair(apart, (own, other) => {
        own.lost.add(other);
        own.onNeighbour?.({ peer: other, is: 'gone' });
      }));
    },
    join() {
      cancelNotice();
      areApart = nobody;
      const met = peers.map(({ lost }) => new Set(lost));
      // All first: who greets another must be known to it again.
      for (const { lost } of peers) lost.clear();
      met.forEach((others, peer) => others.forEach((other) => peers[peer].onNeighbour?.({ peer: other, is: 'there' })));
    },
    peer(number) {
      const own = peers[number];
      const self = ids[number];
      const isThere = (peer: EdgeId): boolean => !own.shunned.has(peer) && !own.lost.has(peer);

      function lineTo(peer: EdgeId): Line | undefined {
        const known = own.lines.get(peer);
        const to = known === undefined ? numbers.get(peer) : undefined;
        if (to === undefined) return known;
        const line = { to, arrivesLast: 0 };
        own.lines.set(peer, line);
        return line;
      }

      function pass(to: EdgeId, frame: Uint8Array): 'no way' | 'lost' | 'on its way' {
        const line = lineTo(to);
        if (line === undefined || !isThere(to) || peers[line.to].shunned.has(self)) return 'no way';
        sent[number] += frame.byteLength;
        const ms = areApart(number, line.to) ? null : takes(number, line.to, frame.byteLength, frame);
        if (ms === null) return 'lost';
        line.arrivesLast = Math.max(line.arrivesLast, clock.now() + ms);
        arrives(line.arrivesLast, { from: number, to: line.to, frame });
        return 'on its way';
      }

      return {
        self,
        links(round) {
          const all = links[round % links.length][number];
          if (own.shunned.size + own.lost.size === 0) return all;
          return { ...all, to: all.to.filter(isThere), from: all.from.filter(isThere) };
        },
        members: () => (own.shunned.size + own.lost.size === 0 ? members : members.filter(isThere)),
        send(to, frame) {
          const passed = pass(to, frame);
          if (passed === 'no way') return Promise.reject(new MurmurError('disconnected', `there is no way to ${to}`));
          return passed === 'lost' || takenIn === undefined ? TAKEN : sleep(clock, takenIn(number));
        },
        post: (to, frame) => void pass(to, frame),
        onFrame(handler) {
          own.onFrame = handler;
        },
        onNeighbour(handler) {
          own.onNeighbour = handler;
        },
        shun(peer) {
          own.shunned.add(peer);
          own.onNeighbour?.({ peer, is: 'gone' });
        },
      };
    },
  };
}
