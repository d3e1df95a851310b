/** What a decision of selection rests on, as the coordinator's API gives it with each considered edge, and in words. */
import { z } from 'zod';

const fact = z.union([z.number(), z.string(), z.boolean()]);

const DecisionFacts = z.object({
  /** The first criterion that the edge did not meet. */
  failed: z.object({ criterion: z.string(), value: fact, threshold: fact }).optional(),
  /** By score, before they are weighted; `score` is what came of them. */
  scores: z.record(z.string(), z.number()).optional(),
  score: z.number().optional(),
  rank: z.number().optional(),
  /** Of being chosen in this draw; null where the sampler cannot tell. */
  probability: z.number().nullable().optional(),
  /** The number that was drawn for it. */
  draw: z.union([z.number(), z.string()]).optional(),
  stratum: z.string().optional(),
  tier: z.union([z.number(), z.string()]).optional(),
  part: z.string().optional(),
  penalties: z.array(z.string()).optional(),
  /** Of a report that counts, in a task without a barrier: how many versions its base was behind. */
  staleness: z.number().optional(),
});
export type DecisionFacts = z.infer<typeof DecisionFacts>;

/** null for a participation that carries none, from an older coordinator or an older round. */
export function factsOf(participation: object): DecisionFacts | null {
  const parsed = DecisionFacts.safeParse('facts' in participation ? participation.facts : null);
  return parsed.success && Object.keys(parsed.data).length > 0 ? parsed.data : null;
}

const short = (value: string | number | boolean): string => (typeof value === 'number' ? `${Number(value.toPrecision(4))}` : `${value}`);

/** `battery: 0.12, asked 0.5`; `score 0.83 (speed 0.7, loss 0.9), probability 0.032, draw 0.41, tier 2`. */
export function describeFacts({ failed, scores, score, rank, probability, draw, stratum, tier, part, penalties, staleness }: DecisionFacts): string {
  if (failed) return `${failed.criterion}: ${short(failed.value)}, asked ${short(failed.threshold)}`;
  const each = Object.entries(scores ?? {}).map(([name, value]) => `${name} ${short(value)}`).join(', ');
  const said = (name: string, value: string | number | null | undefined): string[] => (value === undefined || value === null ? [] : [`${name} ${short(value)}`]);
  const scored = score === undefined ? each : `score ${short(score)}${each === '' ? '' : ` (${each})`}`;
  return [
    ...(scored === '' ? [] : [scored]),
    ...said('rank', rank), ...said('probability', probability), ...said('draw', draw),
    ...said('stratum', stratum), ...said('tier', tier), ...said('part', part), ...said('staleness', staleness),
    ...(penalties ?? []).map((penalty) => `unknown: ${penalty}`),
  ].join(', ');
}

interface Considered {
  readonly status: string;
  readonly assignment: string | null;
}

/** What an edge that was not chosen counts under in the round's `reasons`; null for one that was chosen, or where nobody noted it. */
export function countedUnder(participation: Considered): string | null {
  if (participation.assignment !== null) return null;
  return participation.status === 'not-drawn' ? 'not-drawn' : (factsOf(participation)?.failed?.criterion ?? null);
}

export interface ReasonCount {
  readonly reason: string;
  /** Of all who were considered and not chosen. */
  readonly count: number;
  /** How many of them are not among the participations, which hold a sample where they are very many. */
  readonly beside: number;
}

/** The most frequent first. */
export function reasonCounts(reasons: Readonly<Record<string, number>>, participations: readonly Considered[]): readonly ReasonCount[] {
  const listed = new Map<string, number>();
  for (const participation of participations) {
    const reason = countedUnder(participation);
    if (reason !== null) listed.set(reason, (listed.get(reason) ?? 0) + 1);
  }
  return Object.entries(reasons)
    .map(([reason, count]) => ({ reason, count, beside: Math.max(0, count - (listed.get(reason) ?? 0)) }))
    .sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
}
