/** The numbers by which the machine runs a task's rounds, from its spec and its algorithm. */
import type { Algorithm } from '../../shared/algorithms/algorithm.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { RoundPolicy } from './round-state.ts';

/** @throws incompatible: the machine knows stages and tasks without a barrier, the driver carries out neither yet */
export function requireDrivable({ name, needs }: Pick<Algorithm, 'name' | 'needs'>): void {
  if (needs.barrier && needs.stages.length === 1) return;
  const what = needs.barrier ? `${needs.stages.length} stages a round` : 'rounds without a common deadline';
  throw new MurmurError('incompatible', `algorithm ${name} needs ${what}, which this coordinator does not drive yet; choose one with plain rounds (fedavg, fedsgd)`);
}

export function policyOf({ round }: TaskSpec, algorithm: Algorithm): RoundPolicy {
  return {
    goal: round.goal,
    minimum: round.minimum,
    asked: Math.ceil(round.goal * round.overSelection - 1e-9),
    selectionMs: round.selectionSeconds * 1000,
    configurationMs: round.configurationSeconds * 1000,
    reportingMs: round.reportingSeconds * 1000,
    absenceMs: round.absenceSeconds * 1000,
    retryMs: round.retrySeconds * 1000,
    retryLongestMs: round.retryLongestSeconds * 1000,
    stages: algorithm.needs.stages,
    barrier: algorithm.needs.barrier,
  };
}
