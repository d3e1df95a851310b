/** Trainers of edges that spoil what is learned. */
import { sleep, type Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { Trainer } from '../../shared/model/trainer.ts';

/** Longer than any task waits. */
const NEVER_MS = 365 * 24 * 3_600_000;

/** Comes to weights that lie `factor` times as far from those that it began at, its gradients likewise. */
export function withScaledUpdates(trainer: Trainer, factor: number): Trainer {
  let base: Float32Array | null = null;
  return {
    ...trainer,
    load(values) {
      base = values;
      trainer.load(values);
    },
    async read() {
      const from = base;
      return from === null ? trainer.read() : (await trainer.read()).map((value, i) => from[i] + factor * (value - from[i]));
    },
    async gradient(options) {
      const result = await trainer.gradient(options);
      return { ...result, gradient: result.gradient.map((value) => factor * value) };
    },
  };
}

/** Works until it is told to stop. */
export function neverFinishing(trainer: Trainer, clock: Clock): Trainer {
  const never = async (signal?: AbortSignal): Promise<never> => {
    await sleep(clock, NEVER_MS, signal);
    throw new MurmurError('timeout', 'it never finishes');
  };
  return { ...trainer, train: ({ signal }) => never(signal), gradient: ({ signal }) => never(signal) };
}
