/**
 * What an edge keeps from round to round, and what becomes of the algorithm where it was lost. The server cannot give it
 * back: it is the edge's alone. Such an edge begins from zero, and its report says so.
 */
import type { FieldSpec, FieldValues, MergedStatistic } from '../statistics/statistic.ts';
import type { EdgeState, ServerState } from './algorithm.ts';
import { mergedNumber } from './training-fields.ts';

/** `begun`: 1 where the edge had no state: it takes part for the first time, or lost what it had. */
export const MEMORY_FIELDS = [{ name: 'begun', monoid: 'sum', dtype: 'float64', shape: [], range: { atLeast: 0, atMost: 1, whole: true } }] as const satisfies readonly FieldSpec[];

export interface EdgeMemory {
  /** Not to be changed. */
  readonly values: Float32Array;
  readonly fields: Readonly<Record<string, FieldValues>>;
}

/** A vector of the edge's state; null where there is none of this name and size. Not to be changed. */
export function keptVector(state: EdgeState | null, name: string, size: number): Float32Array | null {
  const kept = state !== null && Object.hasOwn(state.vectors, name) ? state.vectors[name] : undefined;
  return kept?.length === size ? kept : null;
}

/** What the report of an edge says of its memory: `known` where it had one. */
export const memoryFields = (known: boolean): EdgeMemory['fields'] => ({ begun: Float64Array.of(known ? 0 : 1) });

/** The same, or zeros. */
export function rememberedVector(state: EdgeState | null, name: string, size: number): EdgeMemory {
  const kept = keptVector(state, name, size);
  return { values: kept ?? new Float32Array(size), fields: memoryFields(kept !== null) };
}

/**
 * How many reports began from zero so far. Each edge does once where the server sums what edges keep: then it is how many edges
 * have ever taken part.
 */
export function countBegun({ numbers }: ServerState, merged: MergedStatistic): { readonly begun: number } {
  return { begun: (numbers.begun ?? 0) + mergedNumber(merged, 'begun') };
}

/** The papers' number of all edges: as many as the task says, or as have begun where those are more. */
export const edgesInAll = ({ edges }: { readonly edges: number }, { begun = 0 }: { readonly begun?: number }): number => Math.max(edges, begun);
