/** Pictures of what a scenario describes, without running it. */
import { classesOf } from '../../shared/task/data-contract.ts';
import { drawPartition } from '../partitioners/draw.ts';
import { drawFleet } from '../fleet/draw-fleet.ts';
import { dealOut } from '../run/dealt-out.ts';
import { fleetOf } from '../run/fleet-of.ts';
import type { AnyScenario } from './gossip-scenario.ts';

/** Labels × clients, as a standalone SVG. @throws as `dealOut` */
export async function drawPartitionOf(scenario: AnyScenario, seed: number): Promise<string> {
  const { input, plan } = await dealOut(scenario, seed);
  const { name, ...settings } = scenario.data?.partition ?? { name: '' };
  const details = Object.entries(settings).map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  return drawPartition(input, plan, { title: [`${scenario.name}: ${name}`, ...details, `seed ${seed}`].join(', '), classNames: classesOf(scenario.task.data) ?? [] });
}

/** Devices that a picture shows: of a hundred thousand, as many tell the same. */
const MOST_DEVICES = 2000;

/** Availability over two days, speeds and lines by class, as a standalone SVG. */
export async function drawFleetOf(scenario: AnyScenario, seed: number): Promise<string> {
  const devices = await fleetOf({ ...scenario, edges: Math.min(scenario.edges, MOST_DEVICES) }, seed);
  return drawFleet(devices, { title: `${scenario.name}, seed ${seed}`, startHourUtc: scenario.fleet.startHourUtc });
}
