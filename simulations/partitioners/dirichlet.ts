/**
 * Label skew by Dirichlet draws: each label's examples are shared out among the clients in
 * proportions drawn from Dirichlet(alpha), as in Yurochkin et al., "Bayesian nonparametric
 * federated learning of neural networks", 2019. Hsu, Qi and Brown, "Measuring the effects of
 * non-identical data distribution", 2019, draw a client's labels instead, of equal sizes; here
 * every example is in exactly one part and sizes differ, too.
 */
import { z } from 'zod';
import { MurmurError } from '../../shared/errors.ts';
import { createRandom, shuffle } from '../../shared/random.ts';
import { dirichlet } from './gamma.ts';
import { requireParts, type Partition } from './partition.ts';
import { definePartitioner } from './partitioner.ts';

export interface DirichletOptions {
  readonly parts: number;
  /** Small: few labels a client; large: nearly the same mixture everywhere. */
  readonly alpha: number;
  readonly seed: number;
  /** Examples that each part has at least; 1 unless said otherwise. */
  readonly minimum?: number;
}

/**
 * Parts below the minimum are filled up, the smallest first, each by examples drawn one at a time from
 * the part that is largest just then: the draw itself is never repeated, so that it ends for every alpha.
 * @throws bad_config for an alpha that is not positive and for too few examples.
 */
export function dirichletPartition(labels: ArrayLike<number>, options: DirichletOptions): Partition {
  const { parts, alpha, seed, minimum = 1 } = options;
  if (!(alpha > 0) || !Number.isFinite(alpha)) throw new MurmurError('bad_config', `alpha is ${alpha}; a positive number is needed`);
  requireParts(labels.length, parts, minimum);
  const byLabel = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const indices = byLabel.get(labels[i]);
    if (indices) indices.push(i);
    else byLabel.set(labels[i], [i]);
  }
  const random = createRandom(seed);
  const dealt: number[][] = Array.from({ length: parts }, () => []);
  for (const [label, indices] of [...byLabel].sort(([a], [b]) => a - b)) {
    // A source for each label: how many examples another label has moves nothing here.
    const source = random.fork(`label ${label}`);
    const shares = dirichlet(parts, alpha, source);
    shuffle(indices, source);
    let reached = 0;
    let from = 0;
    for (let part = 0; part < parts; part++) {
      reached += shares[part];
      const to = part === parts - 1 ? indices.length : Math.min(indices.length, Math.max(from, Math.round(reached * indices.length)));
      for (let i = from; i < to; i++) dealt[part].push(indices[i]);
      from = to;
    }
  }
  const filler = random.fork('fill up');
  const needy = dealt.filter((part) => part.length < minimum).sort((a, b) => a.length - b.length);
  for (const part of needy) {
    while (part.length < minimum) {
      const largest = dealt.reduce((a, b) => (b.length > a.length ? b : a));
      part.push(...largest.splice(filler.int(largest.length), 1));
    }
  }
  return dealt.map((part) => Int32Array.from(part).sort());
}

export const dirichletPartitioner = definePartitioner({
  name: 'dirichlet',
  summary: "each label's examples shared out by a Dirichlet draw",
  config: z.strictObject({ alpha: z.number().positive(), minimum: z.int().min(0).default(1) }),
  partition: ({ labels }, { alpha, minimum }, options) => ({ parts: dirichletPartition(labels, { ...options, alpha, minimum }) }),
});
