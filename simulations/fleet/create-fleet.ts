/** A fleet from its spec. */
import { createRandom } from '../../shared/random.ts';
import type { SimulatedDevice } from './device.ts';
import { uniformAt } from './draws.ts';
import { FleetDevice } from './fleet-device.ts';
import type { FleetSpec } from './fleet-spec.ts';
import { STREAMS } from './streams.ts';
import type { FleetTraces } from './trace.ts';
import type { Walk } from './walk.ts';

export interface FleetOptions {
  readonly size: number;
  readonly seed: number;
  /** What `readTraces` read of the spec's files; nobody's unless given. */
  readonly traces?: FleetTraces;
}

/**
 * Device i depends on the seed and on i alone, not on the fleet's size. Devices do nothing until they are asked: no timers,
 * and what they keep does not grow with time. Those of one fleet are asked by one thread.
 */
export function createFleet(spec: FleetSpec, { size, seed, traces }: FleetOptions): SimulatedDevice[] {
  const random = createRandom(seed).fork('fleet');
  const ahead: Walk = { draws: 0, nextDraw: 0, willing: false, plugged: false, atHome: false, powered: false, level: 0, since: 0 };
  return Array.from({ length: size }, (_, number) => {
    const own = random.fork(`device ${number}`).int(2 ** 32);
    const trace = traceOf(spec, traces, number);
    const drawn = pick(spec.classes, uniformAt(own, STREAMS.class, 0));
    const traits = trace?.deviceClass == null ? drawn : (spec.classes.find(({ name }) => name === trace.deviceClass) ?? drawn);
    const region = pick(spec.regions, uniformAt(own, STREAMS.region, 0));
    return new FleetDevice({ seed: own, spec, traits, region, trace, periodMs: traces?.periodMs ?? Infinity, ahead });
  });
}

function traceOf(spec: FleetSpec, traces: FleetTraces | undefined, number: number): FleetTraces['devices'][number] | null {
  const count = traces?.devices.length ?? 0;
  if (traces === undefined || count === 0) return null;
  if (spec.traces?.reuse ?? true) return traces.devices[number % count];
  return number < count ? traces.devices[number] : null;
}

function pick<T extends { readonly share: number }>(choices: readonly T[], u: number): T {
  let left = u * choices.reduce((sum, { share }) => sum + share, 0);
  // The last that has a share: rounding may leave a little over.
  let chosen = choices[0];
  for (const choice of choices) {
    if (choice.share === 0) continue;
    chosen = choice;
    if ((left -= choice.share) < 0) break;
  }
  return chosen;
}
