/**
 * Quantity skew: how many examples a client holds differs, which ones does not. The clients' shares are one draw of
 * Dirichlet(alpha), as in Li, Diao, Chen and He, "Federated learning on non-IID data silos: an experimental study", 2022.
 */
import { z } from 'zod';
import { createRandom, shuffle, type RandomSource } from '../../shared/random.ts';
import { dirichlet } from './gamma.ts';
import { requireParts, type Partition } from './partition.ts';
import { definePartitioner } from './partitioner.ts';

export interface QuantityOptions {
  readonly parts: number;
  /** Small: few clients hold nearly all; large: all hold nearly as much. */
  readonly alpha: number;
  readonly seed: number;
  /** Examples that each part has at least; 1 unless said otherwise. */
  readonly minimum?: number;
}

/** @throws bad_config for fewer examples than the parts' minima need. */
export function quantityPartition(size: number, options: QuantityOptions): Partition {
  const { parts, alpha, seed, minimum = 1 } = options;
  requireParts(size, parts, minimum);
  const random = createRandom(seed);
  const sizes = drawSizes(size, { parts, alpha, minimum }, random.fork('sizes'));
  const order = shuffle(Int32Array.from({ length: size }, (_, i) => i), random.fork('examples'));
  let from = 0;
  return sizes.map((length) => order.slice(from, (from += length)).sort());
}

/** Sizes that add up to `size`. Those below the minimum are raised to it, one by one at the cost of the one that is largest just then. */
function drawSizes(size: number, { parts, alpha, minimum }: { readonly parts: number; readonly alpha: number; readonly minimum: number }, random: RandomSource): number[] {
  const shares = dirichlet(parts, alpha, random);
  const sizes: number[] = [];
  let reached = 0;
  let from = 0;
  for (let part = 0; part < parts; part++) {
    reached += shares[part];
    // The last one takes what rounding has left.
    const to = part === parts - 1 ? size : Math.min(size, Math.max(from, Math.round(reached * size)));
    sizes.push(to - from);
    from = to;
  }
  for (let part = 0; part < parts; part++) {
    while (sizes[part] < minimum) {
      sizes[sizes.indexOf(sizes.reduce((a, b) => Math.max(a, b)))]--;
      sizes[part]++;
    }
  }
  return sizes;
}

export const quantityPartitioner = definePartitioner({
  name: 'quantity',
  summary: 'sizes by a Dirichlet draw, labels mixed evenly',
  config: z.strictObject({ alpha: z.number().positive(), minimum: z.int().min(0).default(1) }),
  partition: ({ size }, { alpha, minimum }, options) => ({ parts: quantityPartition(size, { ...options, alpha, minimum }) }),
});
