/** An attacker's trainer: it trains as all do, and gives what its attack makes of that. The edge session around it is an honest one. */
import { MurmurError } from '../../shared/errors.ts';
import type { Trainer, TrainOptions } from '../../shared/model/trainer.ts';
import type { VirtualClock } from '../virtual-clock.ts';

export interface HostileTrainerOptions {
  readonly trainer: Trainer;
  readonly clock: VirtualClock;
  /**
   * What is sent in place of an update, or of a gradient.
   * @param base the weights where training began
   * @param options how it was trained; null: it is a gradient
   */
  readonly forge: (update: Float32Array, base: Float32Array, options: TrainOptions | null) => Promise<Float32Array>;
}

export function createHostileTrainer({ trainer, clock, forge }: HostileTrainerOptions): Trainer {
  let base: Float32Array | null = null;
  let trained: TrainOptions | null = null;
  const begun = (): Float32Array => {
    if (base === null) throw new MurmurError('internal', 'no weights were loaded');
    return base;
  };
  // Whatever it takes to work out, attackers lose no time by it.
  const forged = (update: Float32Array, options: TrainOptions | null): Promise<Float32Array> => clock.work(0, forge(update, begun(), options));
  return {
    layout: trainer.layout,
    examples: trainer.examples,
    heldOut: trainer.heldOut,
    load(values) {
      base = values;
      trained = null;
      trainer.load(values);
    },
    async train(options) {
      const result = await trainer.train(options);
      trained = options;
      return result;
    },
    async read() {
      const values = await trainer.read();
      if (trained === null) return values;
      const from = begun();
      const update = await forged(values.map((value, i) => value - from[i]), trained);
      return update.map((value, i) => from[i] + value);
    },
    async gradient(options) {
      const found = await trainer.gradient(options);
      return { ...found, gradient: await forged(found.gradient, null) };
    },
    evaluate: (options) => trainer.evaluate(options),
    dispose: () => trainer.dispose(),
  };
}
