/** Trainers of edges that spoil what is learned. */
import { sleep, type Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import { scaled } from '../attacks/attack.ts';
import { createHostileTrainer } from '../attacks/hostile-trainer.ts';
import type { VirtualClock } from '../virtual-clock.ts';

/** Longer than any task waits. */
const NEVER_MS = 365 * 24 * 3_600_000;

/** Sends `factor` times the update, or gradient, that it came to. */
export function withScaledUpdates(trainer: Trainer, factor: number, clock: VirtualClock): Trainer {
  return createHostileTrainer({ trainer, clock, forge: (update) => Promise.resolve(scaled(update, factor)) });
}

/** Works until it is told to stop. */
export function neverFinishing(trainer: Trainer, clock: Clock): Trainer {
  const never = async (signal?: AbortSignal): Promise<never> => {
    await sleep(clock, NEVER_MS, signal);
    throw new MurmurError('timeout', 'it never finishes');
  };
  return { ...trainer, train: ({ signal }) => never(signal), gradient: ({ signal }) => never(signal) };
}
