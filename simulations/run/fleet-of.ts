/** A scenario's fleet: the same for the run and for the picture of it. */
import { createRandom } from '../../shared/random.ts';
import { createFleet } from '../fleet/create-fleet.ts';
import type { SimulatedDevice } from '../fleet/device.ts';
import { readTraces } from '../fleet/trace-files.ts';
import type { AnyScenario } from '../scenario/gossip-scenario.ts';

/** @param seed of the simulation @throws bad_config, bad_dataset: traces that are not there, or hold what they must not */
export async function fleetOf({ fleet, edges }: Pick<AnyScenario, 'fleet' | 'edges'>, seed: number): Promise<SimulatedDevice[]> {
  const traces = await readTraces(fleet, '.');
  return createFleet(fleet, { size: edges, seed: createRandom(seed).fork('fleet').int(2 ** 31), ...(traces === undefined ? {} : { traces }) });
}
