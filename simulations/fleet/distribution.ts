/** Distributions as plain data, for whatever differs from device to device. A plain number is a constant. */
import { z } from 'zod';

const Shapes = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant'), value: z.number().nonnegative() }),
  z.strictObject({ kind: z.literal('uniform'), from: z.number().nonnegative(), to: z.number().nonnegative() }),
  /** exp(normal): `sigma` is the deviation of the logarithm; 95 of 100 lie within a factor of e^(1.96·sigma) of the median. */
  z.strictObject({ kind: z.literal('lognormal'), median: z.number().positive(), sigma: z.number().min(0).max(3) }),
]);
export type Distribution = z.infer<typeof Shapes>;
export type DistributionInput = number | Distribution;

/** Values from 0. */
export const DistributionFrom0 = z
  .preprocess((value: DistributionInput) => (typeof value === 'number' ? { kind: 'constant', value } : value), Shapes)
  .refine((shape) => shape.kind !== 'uniform' || shape.from <= shape.to, { path: ['to'], message: 'the end lies below the start' });

/** Values above 0. */
export const DistributionAbove0 = DistributionFrom0.refine((shape) => leastOf(shape) > 0, 'values above 0 are needed');

/** No value lies below it (a lognormal one has no such bound above 0, but never reaches 0). */
function leastOf(shape: Distribution): number {
  if (shape.kind === 'constant') return shape.value;
  return shape.kind === 'uniform' ? shape.from : Number.MIN_VALUE;
}

export function medianOf(shape: Distribution): number {
  if (shape.kind === 'constant') return shape.value;
  return shape.kind === 'uniform' ? (shape.from + shape.to) / 2 : shape.median;
}
