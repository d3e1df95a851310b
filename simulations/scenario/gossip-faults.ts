/** What breaks in a gossip scenario. Rounds are those of the record: one has ended once every peer that is there has ended it. */
import { z } from 'zod';
import type { SpecProblem } from '../../shared/task/parse-task-spec.ts';

const share = z.number().min(0).max(1).default(0);

/** From the end of `fromRound` to the end of `untilRound`. */
const stretch = { fromRound: z.int().nonnegative(), untilRound: z.int().positive() } as const;

export const GossipFaults = z.strictObject({
  /** Share of the letters that are lost on their way; what else peers say to each other arrives. */
  lostLetters: share,
  /**
   * Shares of the peers that leave in each minute, without a word, and that come: on the device of one that left, with its examples
   * and a key and a model that are new. Only where peers find each other by themselves.
   */
  churn: z.strictObject({ leavePerMinute: z.number().min(0).max(10), arrivePerMinute: z.number().min(0).max(10) }).nullable().default(null),
  /** Peers below the middle number and those above cannot reach each other, and think each other dead after `noticeSeconds`; a mesh notices by itself. */
  partition: z.strictObject({ ...stretch, noticeSeconds: z.number().nonnegative().max(3600).default(2) }).nullable().default(null),
  /** Nobody learns: what peers do to each other's models shows alone. */
  learningPaused: z.strictObject(stretch).nullable().default(null),
});
export type GossipFaults = z.infer<typeof GossipFaults>;

/** What is right by itself, and cannot happen in a run of so many rounds, or among such peers. */
export function gossipFaultProblems(faults: GossipFaults, rounds: number, isMesh: boolean): SpecProblem[] {
  const misplaced: SpecProblem[] = [
    ...(faults.churn !== null && !isMesh ? [{ path: 'faults.churn', message: 'a graph that is given has no place for newcomers; take the topology overlay' }] : []),
    ...(faults.lostLetters > 0 && isMesh ? [{ path: 'faults.lostLetters', message: 'channels of a mesh lose nothing while they hold; name a graph' }] : []),
  ];
  return misplaced.concat((['partition', 'learningPaused'] as const).flatMap((name): SpecProblem[] => {
    const found = faults[name];
    if (found === null) return [];
    if (found.untilRound <= found.fromRound) return [{ path: `faults.${name}.untilRound`, message: 'it lies before fromRound' }];
    return found.fromRound >= rounds ? [{ path: `faults.${name}.fromRound`, message: `the run ends with round ${rounds}` }] : [];
  }));
}
