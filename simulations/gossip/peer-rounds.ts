/**
 * Puts together what is written down of each round in gossip mode. Peers end their rounds at different times, and who fell
 * behind leaves rounds out: a round has ended when every peer that is there has ended it or gone past it.
 */
import type { GossipEvent } from '../../client/gossip/events.ts';
import { createConsensusSum, type ConsensusSum } from './consensus.ts';

export interface EndedRound {
  readonly round: number;
  /** Peers that are there, and those that learned in this round. */
  readonly peers: number;
  readonly learned: number;
  /** Mean over those, by their examples; null: nobody learned. */
  readonly trainLoss: number | null;
  readonly consensus: number;
  readonly missed: number;
  readonly came: number;
  readonly left: number;
  /** Models of those that are judged, by number, as they were at the end of each one's round. */
  readonly models: ReadonlyMap<number, Float32Array>;
}

export interface PeerRounds {
  /** @param behind rounds that it has behind it */
  came(peer: number, behind?: number): void;
  left(peer: number): void;
  isThere(peer: number): boolean;
  /** @param model the peer's, as it is now; not to be kept. @returns rounds that have ended by this */
  turned(peer: number, event: Extract<GossipEvent, { type: 'turn' }>, model: () => Float32Array): readonly EndedRound[];
  /** The same for rounds that somebody's leaving has ended. */
  ended(): readonly EndedRound[];
  readonly last: number;
}

export interface PeerRoundsOptions {
  readonly initial: Float32Array;
  /** Whether a peer's model in this round will be judged. */
  readonly isJudged: (peer: number, round: number) => boolean;
}

interface OpenRound {
  readonly sum: ConsensusSum;
  readonly models: Map<number, Float32Array>;
  learned: number;
  missed: number;
  loss: number;
  examples: number;
}

export function createPeerRounds({ initial, isJudged }: PeerRoundsOptions): PeerRounds {
  /** The last round that each peer which is there has ended. */
  const at = new Map<number, number>();
  /** How many of them are at each of those rounds: which is the lowest is asked a thousand times a round. */
  const peersAt = new Map<number, number>();
  const open = new Map<number, OpenRound>();
  let reference: ArrayLike<number> = initial;
  let last = 0;
  let came = 0;
  let left = 0;

  function move(peer: number, to: number | null): void {
    const from = at.get(peer);
    if (from !== undefined) {
      const rest = (peersAt.get(from) ?? 1) - 1;
      if (rest === 0) peersAt.delete(from);
      else peersAt.set(from, rest);
    }
    if (to === null) at.delete(peer);
    else {
      at.set(peer, to);
      peersAt.set(to, (peersAt.get(to) ?? 0) + 1);
    }
  }

  const roundOf = (round: number): OpenRound => {
    const known = open.get(round);
    if (known !== undefined) return known;
    const made: OpenRound = { sum: createConsensusSum(reference), models: new Map(), learned: 0, missed: 0, loss: 0, examples: 0 };
    open.set(round, made);
    return made;
  };

  function ended(): readonly EndedRound[] {
    if (at.size === 0) return [];
    const rounds: EndedRound[] = [];
    for (const slowest = Math.min(...peersAt.keys()); last < slowest; ) {
      last++;
      const { sum, models, learned, missed, loss, examples } = roundOf(last);
      open.delete(last);
      const { mean, distance } = sum.result();
      reference = mean;
      rounds.push({ round: last, peers: at.size, learned, trainLoss: examples === 0 ? null : loss / examples, consensus: distance, missed, came, left, models });
      [came, left] = [0, 0];
    }
    return rounds;
  }

  return {
    get last() {
      return last;
    },
    isThere: (peer) => at.has(peer),
    came(peer, behind = 0) {
      // It ends the round that the slowest are in at the earliest; who comes to those who have ended may end none.
      move(peer, Math.max(last, behind));
      came++;
    },
    left(peer) {
      if (at.has(peer)) left++;
      move(peer, null);
    },
    turned(peer, { round, loss, examples, missed }, model) {
      const before = at.get(peer);
      if (before === undefined) return [];
      move(peer, round);
      if (round > last) {
        const own = roundOf(round);
        const parameters = model();
        own.sum.add(parameters);
        own.learned++;
        own.missed += missed.length;
        own.loss += loss * examples;
        own.examples += examples;
        if (isJudged(peer, round)) own.models.set(peer, parameters.slice());
      }
      // Only who was among the slowest can have held a round up.
      return before > last ? [] : ended();
    },
    ended,
  };
}
