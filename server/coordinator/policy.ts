/** The numbers by which the machine runs a task's rounds, from its spec and its algorithm. */
import type { Algorithm } from '../../shared/algorithms/algorithm.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { RoundPolicy } from './round-state.ts';

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
