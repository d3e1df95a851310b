/**
 * Oort (Lai, Zhu, Madhyastha, Chowdhury 2021, "Oort: Efficient Federated Learning via Guided Participant Selection", algorithm 1).
 * Of the places, the share 1 − ε goes to tried edges, drawn by utility among those whose utility comes near the best; the others
 * explore untried ones, the faster the likelier. The utility of an edge is
 *
 *     (clipped statistical utility + staleness) · (T / t)^α      the last factor where its time t is longer than T
 *
 * and ε decays from round to round. The pacer lengthens the preferred time T when `window` rounds together brought less
 * statistical utility than the `window` before them: then the slower edges have what is still to be learnt.
 *
 * Whoever was asked and not heard, most often because the round had enough without it, counts as tried, with the mean utility of
 * those who were heard (the authors' code does so, the paper is silent): else the slowest are explored in every round, and never were.
 *
 * Two things are ours: the statistical utility is a fraction of its clip, so that the staleness term counts beside it whatever
 * the size of the losses (the authors' code scales it, too); and the pacer looks once in `window` rounds, not at each one.
 */
import { z } from 'zod';
import type { Candidate, DrawContext } from '../candidate.ts';
import { expectedRoundMs } from '../expected-round.ts';
import { drawByWeight, drawUniformly } from '../random-draws.ts';
import { defineSampler, type DrawFacts } from '../sampler.ts';
import { clippedFractions, quantile, staleness, statisticalUtility, systemUtility } from '../utility.ts';

const Memory = z.object({
  /** In which it was drawn last. */
  round: z.int().default(0),
  /** Rounds in which it was drawn. */
  draws: z.int().default(0),
  /** T, and how much longer the pacer makes it. */
  preferredMs: z.number().nullable().default(null),
  stepMs: z.number().nullable().default(null),
  /** Whom it chose last, with their examples. */
  asked: z.array(z.tuple([z.string(), z.number()])).default([]),
  /** Statistical utility of each round since the pacer's last but one look. */
  utilities: z.array(z.number()).default([]),
});
type Memory = z.infer<typeof Memory>;

const Settings = z.strictObject({
  name: z.literal('oort'),
  /** T at first; null: the time within which three in ten of the first draw's candidates are expected to report. */
  preferredSeconds: z.number().positive().nullable().default(null),
  /** The pacer's step; null: a fifth of the first T. */
  stepSeconds: z.number().positive().nullable().default(null),
  /** Rounds that the pacer compares with as many before them. */
  window: z.int().positive().default(20),
  alpha: z.number().positive().max(10).default(2),
  /** ε: at first, its factor from round to round, and the least. */
  explore: z.number().min(0).max(1).default(0.9),
  exploreDecay: z.number().positive().max(1).default(0.98),
  exploreLeast: z.number().min(0).max(1).default(0.2),
  /** Tried edges are drawn from those with at least this share of the utility of the last one that would be taken by rank. */
  cutoff: z.number().min(0).max(1).default(0.95),
  /** Statistical utilities above this quantile count as much as it. */
  clip: z.number().positive().max(1).default(0.95),
  /** Reports after which an edge is asked only where no others are left; null: never. */
  giveUpAfter: z.int().positive().nullable().default(null),
});
type Settings = z.infer<typeof Settings>;

const FIRST_QUANTILE = 0.3;
const FIRST_STEP = 0.2;

export const oort = defineSampler({
  name: 'oort',
  settings: Settings,
  scores: 'ignored',
  readsReports: () => true,
  memory: Memory,
  draw({ candidates, count, weights, settings, memory, context, random }) {
    const times = candidates.map((candidate) => expectedRoundMs(candidate, context));
    const before = withPreferred(memory.round === context.round ? memory : afterRound(memory, settings, context), settings, times);
    const rated = rate(candidates, times, weights, before, settings, context);
    const places = Math.min(count, candidates.length);
    const done = memory.round === context.round ? Math.max(0, memory.draws - 1) : memory.draws;
    const epsilon = Math.max(settings.exploreLeast, settings.explore * settings.exploreDecay ** done);

    const group = (part: string): number[] => rated.flatMap((one, position) => (one.part === part ? [position] : []));
    const [tried, untried, givenUp] = [group('tried'), group('untried'), group('given up')];
    const exploring = Math.min(untried.length, Math.floor(epsilon * places));
    const exploiting = Math.min(tried.length, places - exploring);
    const filling = places - exploiting - Math.min(untried.length, places - exploiting);
    const chosen = [
      ...exploit(tried, exploiting, rated, settings.cutoff, (from, utilities, k) => drawByWeight(utilities, k, random.fork('exploit')).map((at) => from[at])),
      ...drawByWeight(speedWeights(untried, times, weights), places - exploiting - filling, random.fork('explore')).map((at) => untried[at]),
      ...drawUniformly(givenUp.length, filling, random.fork('fill')).map((at) => givenUp[at]),
    ];
    return {
      chosen,
      how: `${exploiting} of ${tried.length} tried edges were drawn by utility, ${places - exploiting - filling} of ${untried.length} untried ones by speed`,
      memory: { ...before, round: context.round, draws: done + 1, asked: chosen.map((position): [string, number] => [candidates[position].edge, candidates[position].examples]) },
      factsOf: (position) => rated[position],
    };
  },
});

/** What the last round brought; and the pacer, where the time for it has come. */
function afterRound(memory: Memory, { window }: Settings, { trackOf }: DrawContext): Memory {
  let brought = 0;
  for (const [edge, examples] of memory.asked) {
    const track = trackOf(edge as Candidate['edge']);
    // Rounds count from 1: what was asked in the last draw's round and reported then.
    if (track?.lastReportedRound === memory.round) brought += statisticalUtility(examples, track) ?? 0;
  }
  // A round that was aborted says nothing of the edges' utility.
  if (brought === 0) return memory;
  const utilities = [...memory.utilities, brought];
  if (utilities.length < 2 * window) return { ...memory, utilities };
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const [older, newer] = [utilities.slice(0, window), utilities.slice(window)];
  const longer = sum(older) > sum(newer) && memory.preferredMs !== null ? memory.preferredMs + (memory.stepMs ?? 0) : memory.preferredMs;
  return { ...memory, utilities: newer, preferredMs: longer };
}

/** T and the pacer's step, from the first draw in which some time is known. */
function withPreferred(memory: Memory, { preferredSeconds, stepSeconds }: Settings, times: readonly (number | null)[]): Memory {
  if (memory.preferredMs !== null) return memory;
  const first = preferredSeconds === null ? quantile(times.filter((time) => time !== null), FIRST_QUANTILE) : preferredSeconds * 1000;
  return first === null ? memory : { ...memory, preferredMs: first, stepMs: stepSeconds === null ? FIRST_STEP * first : stepSeconds * 1000 };
}

interface Rated extends DrawFacts {
  readonly part: 'tried' | 'untried' | 'given up';
  readonly score: number;
}

/** Each candidate's utility with its parts; for an untried one its system utility alone is known. */
function rate(candidates: readonly Candidate[], times: readonly (number | null)[], weights: Float64Array | null, memory: Memory, { clip, alpha, giveUpAfter }: Settings, { round, trackOf }: DrawContext): Rated[] {
  const fractions = clippedFractions(candidates.map(({ edge, examples }) => statisticalUtility(examples, trackOf(edge))), clip);
  const unheard = meanOf(fractions.filter((fraction) => fraction !== null));
  return candidates.map(({ edge }, i): Rated => {
    const track = trackOf(edge);
    const system = systemUtility(times[i], memory.preferredMs, alpha);
    const statistical = fractions[i] ?? ((track?.asked ?? 0) > 0 ? unheard : null);
    const penalty = weights?.[i] ?? 1;
    if (statistical === null) return { part: 'untried', scores: { system }, score: system * penalty };
    const stale = staleness(round, track?.lastReportedRound ?? track?.lastAskedRound ?? 1);
    const part = giveUpAfter !== null && (track?.reported ?? 0) >= giveUpAfter ? 'given up' : 'tried';
    return { part, scores: { statistical, staleness: stale, system }, score: (statistical + stale) * system * penalty };
  });
}

/** Draws by utility among those who come near the one that ranks last among the best `count`. */
function exploit(tried: readonly number[], count: number, rated: readonly Rated[], cutoff: number, draw: (from: readonly number[], utilities: readonly number[], count: number) => number[]): number[] {
  if (count === 0) return [];
  const descending = tried.map((position) => rated[position].score).sort((a, b) => b - a);
  const least = cutoff * descending[count - 1];
  const near = tried.filter((position) => rated[position].score >= least);
  return draw(near, near.map((position) => rated[position].score), count);
}

/** One over the expected time; who is of unknown speed counts as the slowest of the known. */
function speedWeights(untried: readonly number[], times: readonly (number | null)[], weights: Float64Array | null): number[] {
  const slowest = untried.reduce((most, position) => Math.max(most, times[position] ?? 0), 0);
  return untried.map((position) => {
    const time = times[position] ?? slowest;
    return (weights?.[position] ?? 1) / (time === 0 ? 1 : time);
  });
}

const meanOf = (values: readonly number[]): number | null => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);
