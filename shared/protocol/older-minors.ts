/** What is left out of a message for a coordinator of an older minor version, which refuses keys that it does not know. */
import type { Conditions } from '../task/conditions.ts';
import type { EdgeToCoordinator } from './messages.ts';

type CheckIn = EdgeToCoordinator['checkIn']['request'];

/** 1.0 knew these. */
const CONDITIONS_OF_MINOR_0 = ['battery', 'charging', 'network', 'metered', 'downlink', 'visibility', 'load'] as const satisfies readonly (keyof Conditions)[];

/** `minor` is the one agreed at hello. */
export function checkInForMinor(minor: number, request: CheckIn): CheckIn {
  if (minor >= 1) return request;
  const { region: _region, ...capabilities } = request.capabilities;
  return {
    conditions: Object.fromEntries(CONDITIONS_OF_MINOR_0.map((name) => [name, request.conditions[name]])) as CheckIn['conditions'],
    capabilities,
    tasks: request.tasks.map(({ task, examples }) => ({ task, examples })),
  };
}
