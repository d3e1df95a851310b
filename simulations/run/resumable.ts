/** Which runs can go on in another process: those whose clients hold nothing that dies with theirs. */
import { findAlgorithm } from '../../shared/algorithms/registry.ts';
import { MurmurError } from '../../shared/errors.ts';
import { isGossipScenario, type AnyScenario } from '../scenario/gossip-scenario.ts';

/** What is lost when a run is interrupted, for people; null where nothing is, and it goes on. */
export function lostWithTheProcess(scenario: AnyScenario): string | null {
  if (isGossipScenario(scenario)) return `what its ${scenario.edges} peers held: a run in gossip mode cannot go on`;
  const { name } = scenario.task.algorithm;
  return findAlgorithm(name).needs.edgeState ? `what its ${scenario.edges} edges remembered: a run of ${name} cannot go on` : null;
}

/** @param round the last one before it was interrupted; undefined where it begins @throws conflict */
export function requireResumable(scenario: AnyScenario, round: number | undefined): void {
  const lost = round === undefined ? null : lostWithTheProcess(scenario);
  if (lost !== null) throw new MurmurError('conflict', `the run was interrupted after round ${round}, and with it went ${lost}; begin anew (--fresh)`);
}
