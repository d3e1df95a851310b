/** The test's page: the storage of a browser's edge, to be asked from outside. */
import { openEdgeStorage } from '../../../client/browser/edge-storage.ts';
import { asTaskId } from '../../../shared/ids.ts';

declare global {
  interface Window {
    remember(slot: number, control: number[], rounds: number): Promise<void>;
    remembered(slot: number): Promise<{ lasting: boolean; type: string; control: number[]; rounds: number } | null>;
  }
}

const TASK = asTaskId('controlled');

window.remember = async (slot, control, rounds) => {
  const storage = await openEdgeStorage();
  await storage.stateOf(slot).save(TASK, { vectors: { control: Float32Array.from(control) }, numbers: { rounds } });
  storage.close();
};
window.remembered = async (slot) => {
  const storage = await openEdgeStorage();
  const state = await storage.stateOf(slot).load(TASK);
  storage.close();
  return state && { lasting: storage.lasting, type: state.vectors.control.constructor.name, control: [...state.vectors.control], rounds: state.numbers.rounds };
};
