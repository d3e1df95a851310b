import { UNKNOWN_CONDITIONS } from '../../shared/task/conditions.ts';
import type { SimulatedDevice } from './device.ts';
import type { FleetSpec } from './fleet-spec.ts';
export function createFleet(_spec: FleetSpec, { size }: { readonly size: number; readonly seed: number }): SimulatedDevice[] {
  return Array.from({ length: size }, (): SimulatedDevice => ({
    deviceClass: 'uniform',
    capabilities: { platform: 'simulated', backend: 'wasm', stepsPerSecond: 500 },
    isAvailable: () => true,
    nextChange: () => Infinity,
    conditions: () => ({ ...UNKNOWN_CONDITIONS, battery: 'none', charging: true, network: 'ethernet', metered: false }),
    link: () => ({ latencyMs: 10, uplink: 100, downlink: 100, loss: 0 }),
    trainingMs: (_at, steps, cost) => (steps * cost * 1000) / 500,
    spend: () => undefined,
  }));
}
