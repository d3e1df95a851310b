/** The owner of the task of a simulated federation: when it stopped by itself, he starts it again. */
import type { Store } from '../../server/storage/store.ts';
import type { Life } from './coordinator-life.ts';
import type { RunContext } from './run-context.ts';
import { LINE } from './world.ts';

/** How long he takes to notice. */
export const OWNER_MS = 500;

/** @returns what makes him look after his task: whether it is finished, or stopped */
export function createTaskOwner(run: RunContext, store: Store, current: () => Life | null): () => Promise<void> {
  let comes = false;

  return async function look(): Promise<void> {
    const task = await store.getTask(LINE);
    if (task?.status === 'finished') run.finished = true;
    if (task?.status !== 'stopped' || comes) return;
    run.struck('stopped by itself');
    comes = true;
    run.clock.after(OWNER_MS, () => {
      comes = false;
      const life = current();
      if (!life) return;
      // Suspended for a moment: he looks again.
      if (life.host.state !== 'alive') return void look();
      life.coordinator.startTask(LINE).catch(() => void look());
    });
  };
}
