/** Where an edge keeps what its algorithms remember: a folder, IndexedDB, memory. */
import type { EdgeState } from '../../shared/algorithms/algorithm.ts';
import type { TaskId } from '../../shared/ids.ts';

/** Algorithm state that an edge keeps from round to round. */
export interface EdgeStateStore {
  load(task: TaskId): Promise<EdgeState | null>;
  save(task: TaskId, state: EdgeState): Promise<void>;
}
