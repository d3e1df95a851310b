/** Which report of an edge was the last to count: where the server's half sums what edges keep, an edge goes on from what it kept with that one. */
import type { Algorithm } from '../../shared/algorithms/algorithm.ts';
import { asAssignmentId, type AssignmentId, type EdgeId, type TaskId } from '../../shared/ids.ts';
import type { SelectionPolicy } from '../../shared/task/selection-policy.ts';
import type { Store } from '../storage/store.ts';

/** Of each edge that is asked about; null: none of its reports is in the sum. */
export type CountedBefore = ReadonlyMap<EdgeId, AssignmentId | null>;

/** Null for algorithms that do not ask: their edges are told nothing of it, and no store is asked. */
export function countedBeforeOf({ id, algorithm }: { readonly id: TaskId; readonly algorithm: Pick<Algorithm, 'needs'> }, store: Pick<Store, 'lastCounted'>): ((edges: readonly EdgeId[]) => Promise<CountedBefore>) | null {
  if (algorithm.needs.edgeStateIsSummed !== true) return null;
  return async (edges) => {
    const counted = new Map<EdgeId, AssignmentId | null>();
    for (const edge of edges) {
      const last = await store.lastCounted(id, edge);
      counted.set(edge, last === null ? null : asAssignmentId(last));
    }
    return counted;
  };
}

/** Since this minor version of the protocol edges are told. */
const SINCE_MINOR = 2;

/** The task's policy; where edges are told which report counted, those that would not understand are not eligible. */
export function policyOfThoseWhoAreTold({ spec, algorithm }: { readonly spec: { readonly selection: SelectionPolicy }; readonly algorithm: Pick<Algorithm, 'needs'> }): SelectionPolicy {
  const { selection } = spec;
  if (algorithm.needs.edgeStateIsSummed !== true) return selection;
  const { criteria } = selection;
  return { ...selection, criteria: { ...criteria, protocol: { minor: Math.max(SINCE_MINOR, criteria.protocol?.minor ?? 0) } } };
}
