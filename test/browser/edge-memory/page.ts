/** The test's page: the storage of a browser's edge, to be asked from outside. */
import { openEdgeStorage } from '../../../client/browser/edge-storage.ts';
import { asAssignmentId, asTaskId } from '../../../shared/ids.ts';

declare global {
  interface Window {
    remember(slot: number, control: number[], rounds: number): Promise<void>;
    remembered(slot: number): Promise<{ lasting: boolean; assignment: string | null; type: string; control: number[]; rounds: number } | null>;
  }
}

const TASK = asTaskId('controlled');

window.remember = async (slot, control, rounds) => {
  const storage = await openEdgeStorage();
  await storage.stateOf(slot).save(TASK, [{ assignment: asAssignmentId('controlled.1.0'), state: { vectors: { control: Float32Array.from(control) }, numbers: { rounds } } }]);
  storage.close();
};
window.remembered = async (slot) => {
  const storage = await openEdgeStorage();
  const [kept] = await storage.stateOf(slot).load(TASK);
  storage.close();
  if (kept === undefined) return null;
  const { vectors, numbers } = kept.state;
  return { lasting: storage.lasting, assignment: kept.assignment, type: vectors.control.constructor.name, control: [...vectors.control], rounds: numbers.rounds };
};
