/** Assignment ids: `TASK.ROUND.NUMBER`, so that one can be told to be of another round or task without looking it up. */
import { asAssignmentId, asTaskId, type AssignmentId, type TaskId } from '../../shared/ids.ts';

export function assignmentIdOf(task: TaskId, round: number, index: number): AssignmentId {
  return asAssignmentId(`${task}.${round}.${index}`);
}

export function parseAssignmentId(id: AssignmentId): { readonly task: TaskId; readonly round: number; readonly index: number } | null {
  const match = /^([a-z0-9-]+)\.(\d{1,9})\.(\d{1,9})$/.exec(id);
  return match ? { task: asTaskId(match[1]), round: Number(match[2]), index: Number(match[3]) } : null;
}
