/** Faults of the coordinator that wait: for a step of its disk, a point of its round, or a transition that it stores. */
import type { RoundPoint } from '../../server/coordinator/points.ts';
import type { RunContext } from './run-context.ts';
import type { FaultOf } from './fault.ts';
import type { FileStep } from './simulated-files.ts';

export type Strike = FaultOf<'crash'> | FaultOf<'suspend'>;

export interface CoordinatorFaults {
  /** From now on it waits for its step, point or transition. */
  add(fault: Strike | FaultOf<'disk'> | FaultOf<'store'>): void;
  /** Each of these counts one step, point or transition, and says what it meets; null: nothing. */
  strikeAtStep(): Strike | null;
  strikeAtPoint(point: RoundPoint): Strike | null;
  ofDisk(step: FileStep): FaultOf<'disk'> | null;
  ofStore(): FaultOf<'store'> | null;
}

/** In peace none is met, and none is counted. */
export function createCoordinatorFaults(run: Pick<RunContext, 'peace'>): CoordinatorFaults {
  /** With how often what it waits for is still to come. */
  const atStep = new Map<Strike, number>();
  const atPoint = new Map<Strike, number>();
  const ofDisk = new Map<FaultOf<'disk'>, number>();
  const ofStore = new Map<FaultOf<'store'>, number>();

  function countDown<Key>(waiting: Map<Key, number>, matches: (key: Key) => boolean = () => true): Key | null {
    if (waiting.size === 0 || run.peace) return null;
    for (const [key, left] of waiting) {
      if (!matches(key)) continue;
      if (left > 1) waiting.set(key, left - 1);
      else {
        waiting.delete(key);
        return key;
      }
    }
    return null;
  }

  return {
    add(fault) {
      if (fault.kind === 'disk') ofDisk.set(fault, fault.nth);
      else if (fault.kind === 'store') ofStore.set(fault, fault.nth);
      else (fault.when === 'step' ? atStep : atPoint).set(fault, fault.nth);
    },
    strikeAtStep: () => countDown(atStep),
    strikeAtPoint: (point) => countDown(atPoint, (fault) => fault.point === point),
    ofDisk: (step) => countDown(ofDisk, (fault) => fault.step === step),
    ofStore: () => countDown(ofStore),
  };
}
