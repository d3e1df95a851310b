/** The first line of a run's record. */
import type { SimulatedDevice } from '../fleet/device.ts';
import type { AnyScenario } from '../scenario/gossip-scenario.ts';
import type { RunLine } from './record.ts';

/** @param examples of each edge */
export function runLine(scenario: Pick<AnyScenario, 'name' | 'description' | 'target'>, seed: number, devices: readonly SimulatedDevice[], examples: readonly number[]): RunLine {
  const deviceClasses = [...new Set(devices.map(({ deviceClass }) => deviceClass))];
  const index = new Map(deviceClasses.map((name, i) => [name, i]));
  return {
    type: 'run', scenario: scenario.name, description: scenario.description, seed, task: scenario.name, target: scenario.target, deviceClasses,
    edges: devices.map(({ deviceClass }, i) => ({ deviceClass: index.get(deviceClass) ?? 0, examples: examples[i] })),
  };
}
