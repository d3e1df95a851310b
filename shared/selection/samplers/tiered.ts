/**
 * Tiers by speed, as TiFL draws (Chai et al. 2020, "TiFL: A Tier-based Federated Learning System", sections 4.2–4.4): edges of
 * about the same round time make a tier, and all of a round come from one, so that nobody waits for much slower ones.
 *
 * Adaptive (algorithm 2): every `every` rounds, where the tier that was drawn last has not improved since, the tiers' probabilities
 * are set anew: of n tiers, the worst gets (n − 1) / D, the next (n − 2) / D, …, the best 0, with D = n (n − 1) / 2. The
 * paper goes by the accuracy on each tier's test data, which no edge reports here: the mean training loss of its edges' last
 * reports stands in. A tier may be drawn as often as it has credits; when none has any left, all get theirs again.
 */
import { z } from 'zod';
import type { RandomSource } from '../../random.ts';
import type { Candidate, DrawContext } from '../candidate.ts';
import { expectedRoundMs } from '../expected-round.ts';
import { drawByWeight, drawUniformly } from '../random-draws.ts';
import { defineSampler } from '../sampler.ts';

const Memory = z.object({
  /** In which it was drawn last. */
  round: z.int().default(0),
  /** Rounds in which it was drawn. */
  draws: z.int().default(0),
  tier: z.int().nullable().default(null),
  credits: z.array(z.int()).default([]),
  probabilities: z.array(z.number()).default([]),
  /** Each tier's mean loss when that was looked at last. */
  losses: z.array(z.number().nullable()).default([]),
});
type Memory = z.infer<typeof Memory>;

const Settings = z
  .strictObject({
    name: z.literal('tiered'),
    tiers: z.int().min(2).max(50).default(5),
    /** Fixed ones, the fastest tier's first (the paper's static policies); null: adaptive. */
    probabilities: z.array(z.number().nonnegative()).nullable().default(null),
    /** Rounds between two looks at the tiers' losses. */
    every: z.int().positive().default(10),
    /** How often a tier may be drawn, the fastest first or all alike; null: without end. */
    credits: z.union([z.int().positive(), z.array(z.int().positive())]).nullable().default(null),
  })
  .refine(({ tiers, probabilities }) => probabilities === null || probabilities.length === tiers, { path: ['probabilities'], message: 'one for each tier is needed' })
  .refine(({ probabilities }) => probabilities === null || probabilities.some((probability) => probability > 0), { path: ['probabilities'], message: 'one must be more than 0' })
  .refine(({ tiers, credits }) => !Array.isArray(credits) || credits.length === tiers, { path: ['credits'], message: 'one number for each tier is needed, or one for all' });
type Settings = z.infer<typeof Settings>;

export const tiered = defineSampler({
  name: 'tiered',
  settings: Settings,
  scores: 'ignored',
  readsReports: ({ probabilities }) => probabilities === null,
  memory: Memory,
  draw({ candidates, count, weights, settings, memory, context, random }) {
    const tierOf = tiersBySpeed(candidates, settings.tiers, context);
    const members = Array.from({ length: settings.tiers }, (): number[] => []);
    tierOf.forEach((tier, position) => members[tier].push(position));
    const before = memory.round === context.round ? memory : lookedAt(memory, settings, members, candidates, context);
    const chances = tierChances(before, settings, members);
    const tier = drawByWeight(chances.probabilities, 1, random)[0];
    // The nearest tiers help one out that is too small: the faster of two first.
    const nearest = members.map((_, t) => t).sort((a, b) => Math.abs(a - tier) - Math.abs(b - tier) || a - b);
    const chosen: number[] = [];
    for (const t of nearest) chosen.push(...drawWithin(members[t], count - chosen.length, weights, random));
    const again = memory.round === context.round;
    const sumOfChances = chances.probabilities.reduce((sum, probability) => sum + probability, 0);
    const exact = weights === null && members.every(({ length }, t) => chances.probabilities[t] === 0 || length >= count);
    return {
      chosen,
      how: `${chosen.length} of ${candidates.length} eligible edges were drawn, from tier ${tier + 1} of ${settings.tiers} by speed${members[tier].length < count ? ' and those nearest to it' : ''}`,
      memory: { ...before, round: context.round, draws: again ? memory.draws : memory.draws + 1, tier, credits: again ? chances.credits : chances.credits.map((credit, t) => (t === tier ? credit - 1 : credit)) },
      factsOf: (position) => {
        const own = tierOf[position];
        return { tier: own + 1, probability: exact ? ((chances.probabilities[own] / sumOfChances) * count) / members[own].length : null };
      },
    };
  },
});

/** The tier of each candidate, 0 the fastest: as many in each, by measured or estimated round time; those of whom none is known come last. */
function tiersBySpeed(candidates: readonly Candidate[], tiers: number, context: DrawContext): number[] {
  const times = candidates.map((candidate) => expectedRoundMs(candidate, context) ?? Infinity);
  const order = times.map((_, position) => position).sort((a, b) => (times[a] === times[b] ? a - b : times[a] - times[b]));
  const tierOf = times.map(() => 0);
  order.forEach((position, rank) => (tierOf[position] = Math.floor((rank * tiers) / order.length)));
  return tierOf;
}

/** Where the time for it has come, the tiers' losses are looked at, and their probabilities set anew if the last tier got no better. */
function lookedAt(memory: Memory, { tiers, probabilities, every }: Settings, members: readonly (readonly number[])[], candidates: readonly Candidate[], { trackOf }: DrawContext): Memory {
  if (probabilities !== null || memory.draws % every !== 0) return memory;
  const losses = members.map((positions) => meanOf(positions.flatMap((position) => trackOf(candidates[position].edge)?.loss ?? [])));
  const now = memory.tier === null ? null : losses[memory.tier];
  const then = memory.tier === null ? null : (memory.losses[memory.tier] ?? Infinity);
  const improved = now === null || then === null || now < then;
  if (memory.draws === 0 || improved) return { ...memory, losses };
  const open = Array.from({ length: tiers }, (_, t) => t).filter((t) => (memory.credits[t] ?? 1) > 0);
  return { ...memory, losses, probabilities: changedProbabilities(losses, open, tiers) };
}

/** The paper's ChangeProbs over the tiers that have credits left; one whose loss is not known counts as the worst. */
export function changedProbabilities(losses: readonly (number | null)[], open: readonly number[], tiers: number): number[] {
  const probabilities = new Array<number>(tiers).fill(0);
  const lossOf = (tier: number): number => losses[tier] ?? Infinity;
  const worstFirst = [...open].sort((a, b) => (lossOf(a) === lossOf(b) ? a - b : lossOf(b) - lossOf(a)));
  const n = worstFirst.length;
  worstFirst.forEach((tier, i) => (probabilities[tier] = n === 1 ? 1 : (n - 1 - i) / ((n * (n - 1)) / 2)));
  return probabilities;
}

/** Of the tiers that have edges and credits, credits given anew where none has any. Where all that are left have the probability 0, they are alike. */
function tierChances(memory: Memory, { tiers, probabilities: fixed, credits: given }: Settings, members: readonly (readonly number[])[]): { readonly probabilities: number[]; readonly credits: number[] } {
  const all = Array.from({ length: tiers }, (_, t) => t);
  const inhabited = (t: number): boolean => members[t].length > 0;
  const fresh = given === null ? [] : all.map((t) => (Array.isArray(given) ? given[t] : given));
  const kept = memory.credits.length === fresh.length ? memory.credits : fresh;
  const credits = kept.length > 0 && !all.some((t) => inhabited(t) && kept[t] > 0) ? fresh : kept;
  const open = (t: number): boolean => inhabited(t) && (credits.length === 0 || credits[t] > 0);
  const base = fixed ?? (memory.probabilities.length === tiers ? memory.probabilities : all.map(() => 1 / tiers));
  const some = all.some((t) => open(t) && base[t] > 0);
  return { credits, probabilities: all.map((t) => (open(t) ? (some ? base[t] : 1) : 0)) };
}

function drawWithin(positions: readonly number[], count: number, weights: Float64Array | null, random: RandomSource): number[] {
  if (count <= 0) return [];
  const drawn = weights ? drawByWeight(positions.map((position) => weights[position]), count, random) : drawUniformly(positions.length, count, random);
  return drawn.map((at) => positions[at]);
}

const meanOf = (values: readonly number[]): number | null => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);
