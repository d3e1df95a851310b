/** Where an edge keeps what its algorithms remember: a folder, IndexedDB, memory. */
import type { EdgeState } from '../../shared/algorithms/algorithm.ts';
import type { AssignmentId, TaskId } from '../../shared/ids.ts';

/** A state, and the assignment whose report it came with; null where that was not noted. */
export interface KeptState {
  readonly state: EdgeState;
  readonly assignment: AssignmentId | null;
}

/** Algorithm state that an edge keeps from round to round. */
export interface EdgeStateStore {
  /** The newest first; none where nothing was kept. */
  load(task: TaskId): Promise<readonly KeptState[]>;
  /** In place of all that was kept for this task, whole or not at all. Durable when it resolves. */
  save(task: TaskId, states: readonly KeptState[]): Promise<void>;
}
