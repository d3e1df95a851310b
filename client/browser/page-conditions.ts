/** The worker's conditions reader: it asks the page, since battery, network and visibility are told to pages alone. */
import type { Clock } from '../../shared/clock.ts';
import { UNKNOWN_CONDITIONS, type Conditions } from '../../shared/task/conditions.ts';
import type { ConditionsReader } from '../device/conditions-reader.ts';
import type { WorkerToPage } from './worker-messages.ts';

/** A page that is frozen in the background does not answer; the session must not wait for it. */
const PATIENCE_MS = 5_000;

export interface PageConditions extends ConditionsReader {
  answer(id: number, conditions: Conditions): void;
}

export function createPageConditions(tell: (message: WorkerToPage) => void, clock: Clock): PageConditions {
  const waiting = new Map<number, (conditions: Conditions) => void>();
  let lastId = 0;
  return {
    read: () =>
      new Promise((resolve) => {
        const id = ++lastId;
        const cancel = clock.after(PATIENCE_MS, () => {
          waiting.delete(id);
          resolve(UNKNOWN_CONDITIONS);
        });
        waiting.set(id, (conditions) => {
          cancel();
          waiting.delete(id);
          resolve(conditions);
        });
        tell({ type: 'conditions-wanted', id });
      }),
    answer: (id, conditions) => waiting.get(id)?.(conditions),
  };
}
