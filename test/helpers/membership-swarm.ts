/** Many memberships in one process, driven by a queue: messages of one pair stay in order, those of different pairs come in any. */
import { createMembership, type Membership, type MembershipAction } from '../../shared/gossip/membership.ts';
import { membershipParser, type MembershipMessage } from '../../shared/gossip/membership-messages.ts';
import { asEdgeId, type EdgeId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';

export const idOf = (number: number): EdgeId => asEdgeId(`e${number.toString(16).padStart(20, '0')}`);

export interface Swarm {
  readonly peers: ReadonlyMap<EdgeId, Membership>;
  /** The newcomer hears of these. */
  join(id: EdgeId, introduced: readonly EdgeId[]): Membership;
  /** Without a word; whoever has a channel to them notices. */
  vanish(ids: readonly EdgeId[]): void;
  /** Channels between the parts break, and none can be opened; null: all reach all. */
  split(partOf: ((id: EdgeId) => number) | null): void;
  /** Each peer ticks, and everything that follows happens. */
  tick(times: number): void;
  /** The peer has nothing to do with the other any more. */
  shun(at: EdgeId, peer: EdgeId): void;
  inject(to: EdgeId, from: EdgeId, message: MembershipMessage): void;
  /** All messages that were sent, and dials. */
  readonly counts: { messages: number; dials: number };
}

export function createSwarm(seed: number, { degree = 4, passive = 30 } = {}): Swarm {
  const random = createRandom(seed);
  const peers = new Map<EdgeId, Membership>();
  const channels = new Set<string>();
  const counts = { messages: 0, dials: 0 };
  /** One queue for each direction of a pair. */
  const queues = new Map<string, (() => void)[]>();
  const waiting: string[] = [];
  let partOf: ((id: EdgeId) => number) | null = null;

  const between = (a: EdgeId, b: EdgeId): string => (a < b ? `${a} ${b}` : `${b} ${a}`);
  const canReach = (a: EdgeId, b: EdgeId): boolean => peers.has(a) && peers.has(b) && (partOf === null || partOf(a) === partOf(b));

  function later(key: string, run: () => void): void {
    const queue = queues.get(key) ?? [];
    queues.set(key, queue);
    queue.push(run);
    waiting.push(key);
  }

  function drain(): void {
    while (waiting.length > 0) {
      const at = random.int(waiting.length);
      const key = waiting[at];
      waiting[at] = waiting[waiting.length - 1];
      waiting.pop();
      queues.get(key)?.shift()?.();
    }
  }

  function carryOut(self: EdgeId, actions: readonly MembershipAction[]): void {
    for (const action of actions) {
      if (action.type === 'send') {
        const { to, message } = action;
        // As on the wire: what the schema would refuse is a fault of the sender.
        membershipParser.parse(message);
        counts.messages++;
        if (channels.has(between(self, to))) later(`${self} ${to}`, () => channels.has(between(self, to)) && give(to, { type: 'message', from: self, message }));
      } else if (action.type === 'dial') {
        const { peer, urgent } = action;
        counts.dials++;
        later(`${self} ${peer}`, () => {
          if (!canReach(self, peer)) return give(self, { type: 'failed', peer });
          const welcome = channels.has(between(self, peer)) || peers.get(peer)?.welcomes(self, urgent) === true;
          if (!welcome) return give(self, { type: 'full', peer });
          channels.add(between(self, peer));
          give(self, { type: 'opened', peer });
        });
      }
    }
  }

  function give(to: EdgeId, event: Parameters<Membership['take']>[0]): void {
    const peer = peers.get(to);
    if (peer !== undefined) carryOut(to, peer.take(event));
  }

  function cut(broken: (a: EdgeId, b: EdgeId) => boolean): void {
    for (const channel of [...channels]) {
      const [a, b] = channel.split(' ').map(asEdgeId);
      if (!broken(a, b)) continue;
      channels.delete(channel);
      give(a, { type: 'died', peer: b });
      give(b, { type: 'died', peer: a });
    }
    drain();
  }

  return {
    peers,
    counts,
    join(id, introduced) {
      const peer = createMembership({ self: id, degree, passive }, random.fork(id));
      peers.set(id, peer);
      give(id, { type: 'introduced', peers: introduced });
      drain();
      return peer;
    },
    vanish(ids) {
      for (const id of ids) peers.delete(id);
      const gone = new Set(ids);
      cut((a, b) => gone.has(a) || gone.has(b));
    },
    split(part) {
      partOf = part;
      if (part !== null) cut((a, b) => part(a) !== part(b));
    },
    tick(times) {
      for (let i = 0; i < times; i++) {
        for (const id of peers.keys()) later(`${id} tick`, () => give(id, { type: 'tick' }));
        drain();
      }
    },
    shun(at, peer) {
      channels.delete(between(at, peer));
      give(at, { type: 'shun', peer });
      drain();
    },
    inject(to, from, message) {
      channels.add(between(to, from));
      give(to, { type: 'message', from, message });
      drain();
    },
  };
}

/** Pairs of which only one side takes the other for its neighbour. */
export function oneSided({ peers }: Swarm): string[] {
  return [...peers].flatMap(([id, peer]) => peer.active.filter((other) => peers.get(other)?.active.includes(id) !== true).map((other) => `${id} ${other}`));
}

/** How many peers news from the first one comes to, over neighbours alone. */
export function reached({ peers }: Swarm, from: EdgeId = [...peers.keys()][0]): number {
  const seen = new Set([from]);
  for (const id of seen) for (const next of peers.get(id)?.active ?? []) if (peers.has(next)) seen.add(next);
  return seen.size;
}
