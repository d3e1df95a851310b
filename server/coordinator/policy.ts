/** The numbers by which the machine runs a task's rounds, from its spec and its algorithm. */
import type { Algorithm } from '../../shared/algorithms/algorithm.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { RoundPolicy } from './round-state.ts';

/** @throws incompatible: the machine knows stages, the driver does not carry them out yet; and an algorithm without a barrier must say how reports count */
export function requireDrivable({ name, needs, asynchrony }: Pick<Algorithm, 'name' | 'needs' | 'asynchrony'>): void {
  if (needs.stages.length > 1) {
    throw new MurmurError('incompatible', `algorithm ${name} needs ${needs.stages.length} stages a round, which this coordinator does not drive yet; choose one with plain rounds (fedavg, fedsgd) or with none (fedbuff)`);
  }
  if (!needs.barrier && !asynchrony) throw new MurmurError('incompatible', `algorithm ${name} has no rounds to wait for, and does not say how stale reports count`);
}

/** What a report is multiplied by that is so many versions behind. */
export function stalenessFactorOf(algorithm: Algorithm, config: unknown): (staleness: number) => number {
  const asynchrony = algorithm.asynchrony?.(config);
  return asynchrony ? (staleness) => asynchrony.factor(staleness) : () => 1;
}

/** @param config of the algorithm, parsed */
export function policyOf({ round }: TaskSpec, algorithm: Algorithm, config: unknown): RoundPolicy {
  const asynchrony = algorithm.asynchrony?.(config);
  return {
    goal: round.goal,
    minimum: round.minimum,
    asked: asynchrony?.concurrency ?? Math.ceil(round.goal * round.overSelection - 1e-9),
    selectionMs: round.selectionSeconds * 1000,
    configurationMs: round.configurationSeconds * 1000,
    reportingMs: round.reportingSeconds * 1000,
    absenceMs: round.absenceSeconds * 1000,
    retryMs: round.retrySeconds * 1000,
    retryLongestMs: round.retryLongestSeconds * 1000,
    stages: algorithm.needs.stages,
    barrier: algorithm.needs.barrier,
    mostStaleness: asynchrony?.mostStaleness ?? 0,
  };
}
