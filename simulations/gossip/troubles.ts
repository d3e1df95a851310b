/** What breaks in a gossip scenario, by the rounds of its record and from its seed. */
import { LETTER } from '../../shared/gossip/letter-frame.ts';
import { decodeFrame } from '../../shared/protocol/frame.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { GossipFaults } from '../scenario/gossip-faults.ts';
import type { GraphNetwork } from './graph-network.ts';

export interface GossipTroubles {
  /** Whether this frame is lost. */
  loses(frame: Uint8Array): boolean;
  readonly learningPaused: boolean;
  /** To be told of each round that ends, the 0th among them: the beginning. */
  roundEnded(round: number): void;
}

export interface GossipTroublesOptions {
  readonly faults: GossipFaults | null;
  readonly peers: number;
  readonly random: RandomSource;
  readonly network: Pick<GraphNetwork, 'separate' | 'join'>;
}

export function createGossipTroubles({ faults, peers, random, network }: GossipTroublesOptions): GossipTroubles {
  let paused = false;
  const half = peers / 2;
  return {
    loses(frame) {
      // Asked of letters alone: the others' names cost a look into each frame.
      if (faults === null || faults.lostLetters === 0 || decodeFrame(frame).kind !== LETTER) return false;
      return random.next() < faults.lostLetters;
    },
    get learningPaused() {
      return paused;
    },
    roundEnded(round) {
      const { partition = null, learningPaused = null } = faults ?? {};
      if (partition?.fromRound === round) network.separate((a, b) => a < half !== b < half, partition.noticeSeconds * 1000);
      if (partition?.untilRound === round) network.join();
      if (learningPaused !== null) paused = round >= learningPaused.fromRound && round < learningPaused.untilRound;
    },
  };
}
