/** What a way of merging must do. One file a monoid; `registry.ts` lists them; `test/conformance/monoid.ts` tries them all. */
import type { FieldDtype, FieldValues, Monoid } from '../statistic.ts';

/**
 * Partial results live in float64 whatever the field's dtype. `create` gives the identity;
 * `merge` is associative and commutative (linear monoids up to float64 rounding).
 */
export interface MonoidOperations {
  readonly name: Monoid;
  /**
   * What is wrong with finite values that no statistic can have, or null; every number is taken where this is left out.
   * It holds of partial results as it does of reports.
   */
  check?(values: FieldValues): string | null;
  create(size: number): Float64Array;
  /** One report's values into the partial result, in place; `values` is not kept. */
  add(partial: Float64Array, values: FieldValues, weight: number): void;
  /** Another partial result into this one, in place. */
  merge(partial: Float64Array, other: Float64Array): void;
  /** What all contributions come to, in fresh memory; `weight` is the sum of theirs, above 0. */
  finish(partial: Float64Array, weight: number, dtype: FieldDtype): FieldValues;
}
