/** A scenario's fleet: the same for the run and for the picture of it. */
import { createRandom } from '../../shared/random.ts';
import { createFleet } from '../fleet/create-fleet.ts';
import type { SimulatedDevice } from '../fleet/device.ts';
import type { FleetTraces } from '../fleet/trace.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** @param seed of the simulation @param traces what `readTraces` read of the files that the scenario names */
export function fleetOf({ fleet, edges }: Pick<Scenario, 'fleet' | 'edges'>, seed: number, traces?: FleetTraces): SimulatedDevice[] {
  return createFleet(fleet, { size: edges, seed: createRandom(seed).fork('fleet').int(2 ** 31), ...(traces === undefined ? {} : { traces }) });
}
