/** Finds an assignment of the round under way by its id or by its edge. */
import { MurmurError } from '../../shared/errors.ts';
import type { AssignmentId, EdgeId, TaskId } from '../../shared/ids.ts';
import { parseAssignmentId } from './assignment-ids.ts';
import { changedItems, itemAt, itemsOf } from './chunked-list.ts';
import { isOpen, type Assignment, type RoundState } from './round-state.ts';

export interface AssignmentIndex {
  /** Reads all assignments anew: at the start of a round, and after a restart. */
  rebuild(state: RoundState): void;
  add(assignment: Assignment, index: number): void;
  indexOf(id: AssignmentId): number | undefined;
  /** The edge's open assignment. */
  openOf(edge: EdgeId): number | undefined;
  /** The assignments that were open in `before` and are no longer in `state`; their edges are forgotten by it. */
  takeEnded(before: RoundState, state: RoundState): readonly Assignment[];
  /**
   * The edge's own assignment; null for one of an earlier round, of which only the store knows.
   * @throws unknown_assignment, wrong_task, not_selected (it is another edge's)
   */
  own(state: RoundState, edge: EdgeId, id: AssignmentId): { readonly index: number; readonly assignment: Assignment } | null;
}

export function createAssignmentIndex(task: TaskId): AssignmentIndex {
  const byId = new Map<AssignmentId, number>();
  const openByEdge = new Map<EdgeId, number>();
  const add = (assignment: Assignment, index: number): void => {
    byId.set(assignment.id, index);
    if (isOpen(assignment)) openByEdge.set(assignment.edge, index);
  };
  return {
    add,
    rebuild(state) {
      byId.clear();
      openByEdge.clear();
      let index = 0;
      for (const assignment of itemsOf(state.assignments)) add(assignment, index++);
    },
    indexOf: (id) => byId.get(id),
    openOf: (edge) => openByEdge.get(edge),
    takeEnded(before, state) {
      const ended: Assignment[] = [];
      for (const [was, now] of changedItems(before.assignments, state.assignments)) {
        if (!was || !isOpen(was) || (now?.id === was.id && isOpen(now))) continue;
        if (openByEdge.get(was.edge) === byId.get(was.id)) openByEdge.delete(was.edge);
        if (now?.id === was.id) ended.push(now);
      }
      return ended;
    },
    own(state, edge, id) {
      const index = byId.get(id);
      const assignment = index === undefined ? undefined : itemAt(state.assignments, index);
      if (index === undefined || !assignment) {
        const parts = parseAssignmentId(id);
        if (!parts) throw new MurmurError('unknown_assignment', `${id} is no assignment of this coordinator`);
        if (parts.task !== task) throw new MurmurError('wrong_task', `assignment ${id} is not one of task ${task}`);
        if (parts.round >= state.round) throw new MurmurError('unknown_assignment', `assignment ${id} was never issued`);
        return null;
      }
      if (assignment.edge !== edge) throw new MurmurError('not_selected', `assignment ${id} was given to another edge`);
      return { index, assignment };
    },
  };
}
