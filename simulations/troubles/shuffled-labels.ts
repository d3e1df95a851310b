/** Labels that say nothing of their examples any more, though each edge holds as many of each class as before. */
import { MurmurError } from '../../shared/errors.ts';
import { createRandom } from '../../shared/random.ts';
import type { PartitionPlan } from '../partitioners/partitioner.ts';
import type { ExampleTransform } from '../partitioners/transform.ts';

/** The plan with these parts' labels shuffled. @throws bad_config where the partition does something else to such a part's examples */
export function withShuffledLabels(plan: PartitionPlan, parts: readonly number[], seed: number): PartitionPlan {
  if (parts.length === 0) return plan;
  const transforms: (ExampleTransform | null)[] = plan.parts.map((_, part) => plan.transforms?.[part] ?? null);
  for (const part of parts) {
    if (transforms[part] !== null) throw new MurmurError('bad_config', `the scenario is refused: troubles.shuffledLabels: the partition changes the examples of edge ${part} already; take a partition that leaves them as they are`);
    transforms[part] = { kind: 'shuffle-labels', seed: createRandom(seed).fork(`labels of part ${part}`).int(2 ** 31) };
  }
  return { ...plan, transforms };
}
