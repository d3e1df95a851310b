/** How a scenario deals its examples out: the same for the run and for the picture of it. */
import { MurmurError } from '../../shared/errors.ts';
import { createRandom } from '../../shared/random.ts';
import { partitionInputOf } from '../datasets/load-part.ts';
import { openDataset } from '../datasets/registry.ts';
import type { SimulationDataset } from '../datasets/dataset.ts';
import type { PartitionInput, PartitionPlan } from '../partitioners/partitioner.ts';
import { partitionBy } from '../partitioners/registry.ts';
import type { AnyScenario } from '../scenario/gossip-scenario.ts';

export interface DealtOut {
  readonly dataset: SimulationDataset;
  readonly input: PartitionInput;
  readonly plan: PartitionPlan;
}

/** @param seed of the simulation @throws bad_config where the scenario has no data, or its examples do not suffice */
export async function dealOut({ data, edges }: Pick<AnyScenario, 'data' | 'edges'>, seed: number): Promise<DealtOut> {
  if (data === null) throw new MurmurError('bad_config', 'the scenario is refused: data: there is none to deal out');
  const dataset = openDataset(data.dataset);
  const input = await partitionInputOf(dataset);
  return { dataset, input, plan: partitionBy(data.partition, input, { parts: edges, seed: data.partitionSeed ?? createRandom(seed).fork('data').int(2 ** 31) }) };
}
