/** How a scenario deals its examples out: the same for the run and for the picture of it. */
import { MurmurError } from '../../shared/errors.ts';
import { createRandom, shuffle, type RandomSource } from '../../shared/random.ts';
import { partitionInputOf } from '../datasets/load-part.ts';
import { openDataset } from '../datasets/registry.ts';
import type { SimulationDataset } from '../datasets/dataset.ts';
import type { PartitionInput, PartitionPlan } from '../partitioners/partitioner.ts';
import { partitionBy } from '../partitioners/registry.ts';
import type { AnyScenario } from '../scenario/gossip-scenario.ts';
import { troubledEdges, type ScenarioTroubles } from '../troubles/scenario-troubles.ts';
import { withShuffledLabels } from '../troubles/shuffled-labels.ts';

export interface DealtOut {
  readonly dataset: SimulationDataset;
  readonly input: PartitionInput;
  readonly plan: PartitionPlan;
}

/** What of a scenario decides who holds what. */
type Dealing = Pick<AnyScenario, 'data' | 'edges'> & { readonly troubles?: ScenarioTroubles | null };

/** @param seed of the simulation @throws bad_config where the scenario has no data, or its examples do not suffice */
export async function dealOut({ data, edges, troubles = null }: Dealing, seed: number): Promise<DealtOut> {
  if (data === null) throw new MurmurError('bad_config', 'the scenario is refused: data: there is none to deal out');
  const dataset = openDataset(data.dataset);
  const input = await partitionInputOf(dataset);
  const partitionSeed = data.partitionSeed ?? createRandom(seed).fork('data').int(2 ** 31);
  const plan = atMost(partitionBy(data.partition, input, { parts: edges, seed: partitionSeed }), data.examplesAtMost, createRandom(partitionSeed).fork('kept'));
  return { dataset, input, plan: troubles === null ? plan : withShuffledLabels(plan, troubledEdges(troubles, edges, seed).shuffledLabels, seed) };
}

function atMost(plan: PartitionPlan, most: number | null, random: RandomSource): PartitionPlan {
  if (most === null) return plan;
  return { ...plan, parts: plan.parts.map((part, number) => (part.length <= most ? part : shuffle(part.slice(), random.fork(`part ${number}`)).slice(0, most).sort())) };
}
