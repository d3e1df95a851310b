/** One task's selection: candidates in, a decision with its reason for each of them out. Pure but for the random source. */
import type { RandomSource } from '../../shared/random.ts';
import type { Candidate, DrawContext, SelectionContext } from '../../shared/selection/candidate.ts';
import type { Sample } from '../../shared/selection/sampler.ts';
import { findSampler } from '../../shared/selection/samplers/registry.ts';
import { findScore } from '../../shared/selection/scores/registry.ts';
import { SelectionPolicy } from '../../shared/task/selection-policy.ts';
import { describeDraw, type Decision, type DecisionFacts, type Verdict } from './decision.ts';
import { createEligibility, type Penalties } from './eligibility.ts';

export interface DrawInput {
  readonly candidates: readonly Candidate[];
  readonly count: number;
  readonly context: DrawContext;
  readonly random: RandomSource;
  /** As the last draw left it; null before the first. */
  readonly memory: unknown;
}

export interface Draw {
  /** First those who are not eligible, then the others, each by id. */
  readonly decisions: readonly Decision[];
  /** The sampler's, plain JSON: for the next draw. Null where it remembers nothing. */
  readonly memory: unknown;
}

export interface Selector {
  /** The first criterion that the edge does not meet, or null: it is eligible. */
  check(candidate: Candidate, context: SelectionContext): Verdict;
  /** Somebody's eligibility may change without a check-in. */
  readonly changesWithTime: boolean;
  draw(input: DrawInput): Draw;
}

/** @param policy as the task has it; what an earlier version stored without newer settings gets their defaults */
export function createSelector(policy: SelectionPolicy): Selector {
  const { scores, sampler: settings, ...asked } = SelectionPolicy.parse(policy);
  const eligibility = createEligibility(asked);
  const sampler = findSampler(settings);
  const scoring = scores.map((setting) => ({ name: setting.name, setting, share: setting.weight / scores.reduce((sum, { weight }) => sum + weight, 0) }));

  return {
    check: eligibility.check,
    changesWithTime: eligibility.changesWithTime,
    draw({ candidates, count, context, random, memory }) {
      const decisions: Decision[] = [];
      const eligible: Candidate[] = [];
      // The order of check-ins is chance that no seed repeats.
      for (const candidate of [...candidates].sort(byId)) {
        const verdict = eligibility.check(candidate, context);
        if (verdict === null) eligible.push(candidate);
        else decisions.push(rejected(candidate, verdict));
      }
      const penalties = penaltiesOf(eligible, context);
      const rated = scoring.map(({ name, setting, share }) => ({ name, share, values: findScore(setting).rate({ candidates: eligible, count, settings: setting, context, random: random.fork(`score:${name}`) }) }));
      const weights = weightsOf(eligible.length, rated, penalties);
      const sample = sampler.draw({
        candidates: eligible, count, weights, settings, context, random, memory: sampler.memory === null ? null : sampler.memory.parse(memory ?? {}),
      });
      const factsOf = (position: number): DecisionFacts => ({
        ...(rated.length === 0 ? {} : { scores: Object.fromEntries(rated.map(({ name, values }) => [name, values[position]])), score: weights?.[position] }),
        ...sample.factsOf(position),
        ...(penalties?.[position] ? { penalties: penalties[position].names } : {}),
      });
      addDrawn(decisions, eligible, sample, factsOf);
      return { decisions, memory: sample.memory };
    },
  };

  /** Null where nobody has one. */
  function penaltiesOf(eligible: readonly Candidate[], context: SelectionContext): readonly (Penalties | null)[] | null {
    const all = eligible.map((candidate) => eligibility.penaltiesOf(candidate, context));
    return all.some((one) => one !== null) ? all : null;
  }
}

const byId = (a: Candidate, b: Candidate): number => (a.edge < b.edge ? -1 : a.edge > b.edge ? 1 : 0);

/** The scores' weighted mean times the penalties; null where there is neither. */
function weightsOf(length: number, rated: readonly { readonly share: number; readonly values: Float64Array }[], penalties: readonly (Penalties | null)[] | null): Float64Array | null {
  if (rated.length === 0 && penalties === null) return null;
  return Float64Array.from({ length }, (_, i) => {
    const score = rated.length === 0 ? 1 : rated.reduce((sum, { share, values }) => sum + share * values[i], 0);
    return score * (penalties?.[i]?.factor ?? 1);
  });
}

function rejected({ edge, examples }: Candidate, verdict: NonNullable<Verdict>): Decision {
  return {
    edge, examples, status: 'rejected', criterion: verdict.criterion,
    get reason() {
      return verdict.reason;
    },
    get facts() {
      return { failed: { criterion: verdict.criterion, value: verdict.value, threshold: verdict.threshold } };
    },
  };
}

function addDrawn(decisions: Decision[], eligible: readonly Candidate[], sample: Sample, factsOf: (position: number) => DecisionFacts): void {
  const chosen = new Uint8Array(eligible.length);
  for (const position of sample.chosen) chosen[position] = 1;
  eligible.forEach(({ edge, examples }, position) => {
    const isChosen = chosen[position] === 1;
    decisions.push({
      edge, examples, status: isChosen ? 'chosen' : 'not-drawn', criterion: isChosen ? 'drawn' : 'not-drawn',
      get facts() {
        return factsOf(position);
      },
      get reason() {
        return describeDraw(isChosen, sample.how, factsOf(position));
      },
    });
  });
}
