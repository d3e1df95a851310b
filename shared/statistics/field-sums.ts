/** Where an accumulator keeps the partial result of each field: in arrays of its own here, in kernel memory in `merge-arena.ts`. */
import { MurmurError } from '../errors.ts';
import { sizeOf } from '../tensors/layout.ts';
import { MONOIDS } from './monoids/registry.ts';
import type { FieldSpec, FieldValues } from './statistic.ts';

export interface FieldSums {
  /** Merges one report's values of a field; they are not kept. */
  add(field: FieldSpec, values: FieldValues, weight: number): void;
  /** The field's partial result with everything that was added, as its monoid keeps it: a live view, valid until the next `add`. */
  partial(name: string): Float64Array;
  /** Gives memory back where it was lent; nothing may be asked any more. */
  release(): void;
}

/** Empty, or going on from partial results, which then belong to it. @throws bad_layout when they are not the fields'. */
export function plainSums(fields: readonly FieldSpec[], from?: Readonly<Record<string, Float64Array>>): FieldSums {
  const partials = new Map(fields.map((field) => [field.name, from === undefined ? MONOIDS[field.monoid].create(sizeOf(field.shape)) : partialOf(from, field)]));
  const partial = (name: string): Float64Array => partials.get(name) as Float64Array;
  return {
    add: ({ name, monoid }, values, weight) => MONOIDS[monoid].add(partial(name), values, weight),
    partial,
    release: () => partials.clear(),
  };
}

function partialOf(partials: Readonly<Record<string, Float64Array>>, field: FieldSpec): Float64Array {
  const held = Object.hasOwn(partials, field.name) ? partials[field.name] : undefined;
  if (held?.length !== sizeOf(field.shape)) {
    throw new MurmurError('bad_layout', `the accumulator's field ${field.name} has ${held?.length ?? 'no'} values, its shape asks for ${sizeOf(field.shape)}`);
  }
  return held;
}
