/**
 * Where statistics merge, in any order and any grouping. An accumulator knows which
 * assignments it contains, so that nothing counts twice however the tree is shaped.
 */
import { MurmurError } from '../errors.ts';
import type { AssignmentId } from '../ids.ts';
import { checkShape } from './check.ts';
import { plainSums, type FieldSums } from './field-sums.ts';
import { MONOIDS } from './monoids/registry.ts';
import type { FieldSpec, FieldValues, MergedStatistic, Statistic, StatisticSchema } from './statistic.ts';

/** What an accumulator holds; plain data that can be forwarded. */
export interface AccumulatorParts {
  /** Sum of the weights of all contributions. */
  readonly weight: number;
  /** The assignments whose statistics are in it. */
  readonly contains: readonly AssignmentId[];
  /** Partial results by field, float64, as the field's monoid keeps them. */
  readonly partials: Readonly<Record<string, Float64Array>>;
}

export interface Accumulator {
  readonly schema: StatisticSchema;
  readonly weight: number;
  /** Number of contributions. */
  readonly count: number;
  readonly contains: readonly AssignmentId[];
  has(assignment: AssignmentId): boolean;
  /**
   * Merges one checked statistic (`checkStatistic`); nothing of it is kept.
   * @throws overlapping_assignments, bad_layout; then nothing has changed.
   */
  add(statistic: Statistic, assignment: AssignmentId): void;
  /** @throws overlapping_assignments with the ids in `details.assignments`, bad_layout; then nothing has changed. */
  merge(other: Accumulator): void;
  /** Leaves the accumulator as it is. @throws bad_weight when nothing has been added. */
  merged(): MergedStatistic;
  /** Live views, to be forwarded and not to be changed; valid until the next `add`. */
  parts(): AccumulatorParts;
  /** Gives its memory back where that was lent; it must not be used any more. An accumulator with memory of its own need not be released. */
  release(): void;
}

/**
 * Empty, or going on from `parts`, which then belong to the accumulator.
 * @param sums where partial results are kept; arrays of its own unless said (`createMergeArena` lends faster ones)
 * @throws bad_layout when parts and schema disagree
 */
export function createAccumulator(schema: StatisticSchema, parts?: AccumulatorParts, sums: FieldSums = plainSums(schema.fields, parts?.partials)): Accumulator {
  const contains = new Set<AssignmentId>(parts?.contains);
  let weight = parts?.weight ?? 0;

  return {
    schema,
    get weight() {
      return weight;
    },
    get count() {
      return contains.size;
    },
    get contains() {
      return [...contains];
    },
    has: (assignment) => contains.has(assignment),
    add(statistic, assignment) {
      if (contains.has(assignment)) throw overlap([assignment]);
      checkShape(schema.fields, statistic);
      for (const field of schema.fields) sums.add(field, statistic.fields[field.name], statistic.weight);
      contains.add(assignment);
      weight += statistic.weight;
    },
    merge(other) {
      const incoming = other.parts();
      const shared = incoming.contains.filter((assignment) => contains.has(assignment));
      if (shared.length > 0) throw overlap(shared);
      requireSameFields(schema.fields, other.schema.fields);
      for (const { name, monoid } of schema.fields) MONOIDS[monoid].merge(sums.partial(name), incoming.partials[name]);
      for (const assignment of incoming.contains) contains.add(assignment);
      weight += incoming.weight;
    },
    merged() {
      if (contains.size === 0) throw new MurmurError('bad_weight', 'the accumulator is empty: no statistic has been added, so there is no mean');
      const fields = schema.fields.map(({ name, monoid, dtype }): [string, FieldValues] => [name, MONOIDS[monoid].finish(sums.partial(name), weight, dtype)]);
      return { weight, count: contains.size, fields: Object.fromEntries(fields) };
    },
    parts: () => ({ weight, contains: [...contains], partials: Object.fromEntries(schema.fields.map(({ name }) => [name, sums.partial(name)])) }),
    release: () => sums.release(),
  };
}

function requireSameFields(ours: readonly FieldSpec[], theirs: readonly FieldSpec[]): void {
  const describe = (fields: readonly FieldSpec[]): string => JSON.stringify(fields.map(({ name, monoid, dtype, shape }) => [name, monoid, dtype, shape]));
  if (describe(ours) !== describe(theirs)) throw new MurmurError('bad_layout', 'the two accumulators have different fields: they belong to different tasks');
}

function overlap(assignments: readonly AssignmentId[]): MurmurError {
  const named = assignments.slice(0, 3).join(', ');
  const more = assignments.length > 3 ? ` and ${assignments.length - 3} more` : '';
  return new MurmurError('overlapping_assignments', `already contained: ${named}${more}; an assignment counts once`, { details: { assignments } });
}
