/** One selection: candidates in, a decision with its reason for each of them out. Pure but for the random source. */
import type { RandomSource } from '../../shared/random.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { Candidate, Decision } from './candidate.ts';
import { checkEligibility } from './eligibility.ts';
import { uniform } from './samplers/uniform.ts';

export function select(candidates: readonly Candidate[], count: number, selection: TaskSpec['selection'], now: number, random: RandomSource): readonly Decision[] {
  const eligible: Candidate[] = [];
  const decisions: Decision[] = [];
  for (const candidate of candidates) {
    const verdict = checkEligibility(candidate, selection, now);
    if (verdict === null) eligible.push(candidate);
    else decisions.push({ edge: candidate.edge, status: 'rejected', criterion: verdict.criterion, reason: verdict.reason, examples: candidate.examples });
  }
  const drawn = new Set(uniform(eligible.length, count, random));
  const odds = `${Math.min(count, eligible.length)} of ${eligible.length} eligible edges were drawn uniformly`;
  eligible.forEach((candidate, position) => {
    const chosen = drawn.has(position);
    decisions.push({
      edge: candidate.edge, status: chosen ? 'chosen' : 'not-drawn', criterion: chosen ? 'drawn' : 'not-drawn',
      reason: chosen ? `drawn: ${odds}` : `not drawn: ${odds}`, examples: candidate.examples,
    });
  });
  return decisions;
}
