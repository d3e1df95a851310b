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
  const chosen = { status: 'chosen', criterion: 'drawn', reason: `drawn: ${odds}` } as const;
  const left = { status: 'not-drawn', criterion: 'not-drawn', reason: `not drawn: ${odds}` } as const;
  eligible.forEach(({ edge, examples }, position) => {
    decisions.push({ edge, ...(drawn.has(position) ? chosen : left), examples });
  });
  return decisions;
}
