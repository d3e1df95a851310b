/**
 * Feature skew: the clients see the same things differently (Kairouz et al., "Advances and open problems in federated
 * learning", 2021, section 3.1). It lies over any dealer's partition and changes examples, never who holds them.
 */
import { z } from 'zod';
import { createRandom } from '../../shared/random.ts';
import { findNamed, specSchema } from '../named-settings.ts';
import { definePartitioner, type Partitioner } from './partitioner.ts';
import type { ExampleTransform } from './transform.ts';

const skew = z.discriminatedUnion('kind', [
  /** Each client's images are turned by an angle of its own, uniform in [−degrees, degrees]. */
  z.strictObject({ kind: z.literal('rotation'), degrees: z.number().positive().max(180) }),
  /**
   * Client i of N, from 1, sees Gaussian noise of variance level · i / N upon what its model sees (images: values from 0
   * to 1), as in Li, Diao, Chen and He, "Federated learning on non-IID data silos", 2022.
   */
  z.strictObject({ kind: z.literal('noise'), level: z.number().positive() }),
]);

/** @param dealers those that it can lie over. */
export function featureSkewOver<const List extends readonly [Partitioner, ...Partitioner[]]>(dealers: List) {
  return definePartitioner({
    name: 'feature-skew',
    summary: 'over another partition: images turned, or noise added, for each client differently',
    config: z.strictObject({ base: specSchema(dealers), skew }),
    partition(input, { base, skew }, options) {
      const { name, ...config }: { readonly name: string } = base;
      const { parts } = findNamed('partitioner', dealers, name).partition(input, config, options);
      return { parts, transforms: parts.map((_, part) => transformOf(skew, part, options)) };
    },
  });
}

function transformOf(how: z.output<typeof skew>, part: number, { parts, seed }: { readonly parts: number; readonly seed: number }): ExampleTransform {
  // A source for each client: how many there are besides moves nothing here.
  const random = createRandom(seed).fork(`skew of ${part}`);
  switch (how.kind) {
    case 'rotation':
      return { kind: 'rotate', degrees: how.degrees * (2 * random.next() - 1) };
    case 'noise':
      return { kind: 'noise', deviation: Math.sqrt((how.level * (part + 1)) / parts), seed: random.int(2 ** 31) };
  }
}
