/** Pictures of what a scenario describes, without running it. */
import { classesOf } from '../../shared/task/data-contract.ts';
import { drawPartition } from '../partitioners/draw.ts';
import { dealOut } from '../run/dealt-out.ts';
import type { Scenario } from './scenario.ts';

/** Labels × clients, as a standalone SVG. @throws as `dealOut` */
export async function drawPartitionOf(scenario: Scenario, seed: number): Promise<string> {
  const { input, plan } = await dealOut(scenario, seed);
  const { name, ...settings } = scenario.data?.partition ?? { name: '' };
  const details = Object.entries(settings).map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  return drawPartition(input, plan, { title: [`${scenario.name}: ${name}`, ...details, `seed ${seed}`].join(', '), classNames: classesOf(scenario.task.data) ?? [] });
}
