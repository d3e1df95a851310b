/** What breaks in a gossip scenario, by the rounds of its record and from its seed. */
import type { Clock } from '../../shared/clock.ts';
import { LETTER } from '../../shared/gossip/letter-frame.ts';
import { decodeFrame } from '../../shared/protocol/frame.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { GossipFaults } from '../scenario/gossip-faults.ts';
import type { Swarm } from './swarm.ts';

export interface GossipTroubles {
  /** Whether this frame is lost. */
  loses(frame: Uint8Array): boolean;
  readonly learningPaused: boolean;
  /** Peers come and go from now on. */
  begin(swarm: Pick<Swarm, 'separate' | 'join'>, churn: Churn): void;
  /** To be told of each round that ends. */
  roundEnded(round: number): void;
  end(): void;
}

/** Who is there, and what it is to come and to go. */
export interface Churn {
  readonly isThere: (peer: number) => boolean;
  leave(peer: number): void;
  arrive(peer: number): void;
}

export interface GossipTroublesOptions {
  readonly faults: GossipFaults | null;
  readonly peers: number;
  readonly clock: Clock;
  readonly random: RandomSource;
}

const MINUTE_MS = 60_000;

export function createGossipTroubles({ faults, peers, clock, random }: GossipTroublesOptions): GossipTroubles {
  const letters = random.fork('letters');
  const half = peers / 2;
  let paused = false;
  let swarm: Pick<Swarm, 'separate' | 'join'> | null = null;
  const cancels: (() => void)[] = [];

  /** One of those of whom it holds, at exponential intervals: so many a minute on the average. */
  function often(label: string, perMinute: number, holds: (peer: number) => boolean, strike: (peer: number) => void): void {
    if (perMinute === 0) return;
    const draws = random.fork(label);
    const slot = cancels.push(() => undefined) - 1;
    const next = (): void => {
      cancels[slot] = clock.after((-Math.log(1 - draws.next()) * MINUTE_MS) / perMinute, () => {
        const candidates = Array.from({ length: peers }, (_, peer) => peer).filter(holds);
        const drawn = draws.next();
        if (candidates.length > 0) strike(candidates[Math.floor(drawn * candidates.length)]);
        next();
      });
    };
    next();
  }

  function roundEnded(round: number): void {
    const { partition = null, learningPaused = null } = faults ?? {};
    if (partition?.fromRound === round) swarm?.separate((a, b) => a < half !== b < half, partition.noticeSeconds * 1000);
    if (partition?.untilRound === round) swarm?.join();
    if (learningPaused !== null) paused = round >= learningPaused.fromRound && round < learningPaused.untilRound;
  }

  return {
    loses(frame) {
      // What letters are costs a look into each frame.
      if (faults === null || faults.lostLetters === 0 || decodeFrame(frame).kind !== LETTER) return false;
      return letters.next() < faults.lostLetters;
    },
    get learningPaused() {
      return paused;
    },
    begin(which, { isThere, leave, arrive }) {
      swarm = which;
      roundEnded(0);
      const { leavePerMinute, arrivePerMinute } = faults?.churn ?? { leavePerMinute: 0, arrivePerMinute: 0 };
      often('leaving', leavePerMinute * peers, isThere, leave);
      often('arriving', arrivePerMinute * peers, (peer) => !isThere(peer), arrive);
    },
    roundEnded,
    end() {
      for (const cancel of cancels.splice(0)) cancel();
    },
  };
}
