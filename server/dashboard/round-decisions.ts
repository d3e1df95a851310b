/** The decisions of one round as rows that can be sorted. Pure. */
import { z } from 'zod';
import { describeFacts, factsOf } from '../../shared/protocol/decision-facts.ts';

/** What the page needs of the API's answer; it may hold more. */
const RoundOnRecord = z.object({
  round: z.object({ round: z.number(), selected: z.number(), reasons: z.record(z.string(), z.number()) }),
  participations: z.array(z.looseObject({ edge: z.string(), status: z.string(), assignment: z.string().nullable(), reason: z.string(), examples: z.number().nullable() })),
});
export type RoundOnRecord = z.infer<typeof RoundOnRecord>;

/** null: it is no round. */
export function readRound(answer: unknown): RoundOnRecord | null {
  const parsed = RoundOnRecord.safeParse(answer);
  return parsed.success ? parsed.data : null;
}

export const SORT_KEYS = ['edge', 'status', 'examples', 'restsOn', 'why'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export interface Order {
  readonly by: SortKey;
  readonly descending: boolean;
}

export interface DecisionRow {
  readonly edge: string;
  /** As it calls itself; empty where that is not known. */
  readonly name: string;
  readonly status: string;
  readonly examples: number | null;
  readonly restsOn: string;
  readonly why: string;
  /** Its score, else its probability, else the value that failed: numbers are to be sorted as numbers. */
  readonly measure: number | null;
}

/** @param nameOf of an edge by its id; empty where that is not known */
export function rowsOf({ participations }: RoundOnRecord, nameOf: (edge: string) => string): readonly DecisionRow[] {
  return participations.map((one) => {
    const facts = factsOf(one);
    const value = facts?.score ?? facts?.probability ?? facts?.failed?.value;
    return {
      edge: one.edge, name: nameOf(one.edge), status: one.status, examples: one.examples, restsOn: facts === null ? '' : describeFacts(facts), why: one.reason,
      measure: typeof value === 'number' ? value : null,
    };
  });
}

/** A new list; equal rows stay in the order in which they were decided. What is not known comes last, whichever way. */
export function sortRows(rows: readonly DecisionRow[], { by, descending }: Order): readonly DecisionRow[] {
  const sign = descending ? -1 : 1;
  const numbers = (a: number | null, b: number | null): number => (a === null || b === null ? Number(a === null) - Number(b === null) : sign * (a - b));
  // `agent-2` before `agent-10`.
  const texts = (a: string, b: string): number => sign * a.localeCompare(b, 'en', { numeric: true });
  return [...rows].sort((a, b) => {
    if (by === 'edge') return Number(a.name === '') - Number(b.name === '') || texts(a.name, b.name) || texts(a.edge, b.edge);
    if (by === 'examples') return numbers(a.examples, b.examples);
    // By criterion or kind of fact first, within it by the number.
    if (by === 'restsOn') return texts(kindOf(a.restsOn), kindOf(b.restsOn)) || numbers(a.measure, b.measure);
    return texts(a[by], b[by]);
  });
}

const kindOf = (restsOn: string): string => /^[^\d:]*/.exec(restsOn)?.[0] ?? '';
