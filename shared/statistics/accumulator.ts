/**
 * Where statistics merge, in any order and any grouping. An accumulator knows which
 * assignments it contains, so that nothing counts twice however the tree is shaped.
 */
import { MurmurError } from '../errors.ts';
import type { AssignmentId } from '../ids.ts';
import { sizeOf } from '../tensors/layout.ts';
import { checkShape } from './check.ts';
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
  /** Live views, to be forwarded and not to be changed. */
  parts(): AccumulatorParts;
}

/** Empty, or going on from `parts`, which then belong to the accumulator. @throws bad_layout when parts and schema disagree. */
export function createAccumulator(schema: StatisticSchema, parts?: AccumulatorParts): Accumulator {
  const partials = new Map<string, Float64Array>();
  for (const field of schema.fields) partials.set(field.name, parts === undefined ? MONOIDS[field.monoid].create(sizeOf(field.shape)) : partialOf(parts, field));
  const contains = new Set<AssignmentId>(parts?.contains);
  let weight = parts?.weight ?? 0;

  const partial = (name: string): Float64Array => partials.get(name) as Float64Array;

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
      for (const { name, monoid } of schema.fields) MONOIDS[monoid].add(partial(name), statistic.fields[name], statistic.weight);
      contains.add(assignment);
      weight += statistic.weight;
    },
    merge(other) {
      const incoming = other.parts();
      const shared = incoming.contains.filter((assignment) => contains.has(assignment));
      if (shared.length > 0) throw overlap(shared);
      requireSameFields(schema.fields, other.schema.fields);
      for (const { name, monoid } of schema.fields) MONOIDS[monoid].merge(partial(name), incoming.partials[name]);
      for (const assignment of incoming.contains) contains.add(assignment);
      weight += incoming.weight;
    },
    merged() {
      if (contains.size === 0) throw new MurmurError('bad_weight', 'the accumulator is empty: no statistic has been added, so there is no mean');
      const fields = schema.fields.map(({ name, monoid, dtype }): [string, FieldValues] => [name, MONOIDS[monoid].finish(partial(name), weight, dtype)]);
      return { weight, count: contains.size, fields: Object.fromEntries(fields) };
    },
    parts: () => ({ weight, contains: [...contains], partials: Object.fromEntries(partials) }),
  };
}

function partialOf(parts: AccumulatorParts, field: FieldSpec): Float64Array {
  const held = Object.hasOwn(parts.partials, field.name) ? parts.partials[field.name] : undefined;
  if (held?.length !== sizeOf(field.shape)) {
    throw new MurmurError('bad_layout', `the accumulator's field ${field.name} has ${held?.length ?? 'no'} values, its shape asks for ${sizeOf(field.shape)}`);
  }
  return held;
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
