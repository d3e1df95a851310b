/** Who attacks in a scenario, what that does to their examples, and to what they send. */
import { createColluders } from '../attacks/colluders.ts';
import { createHostileTrainer } from '../attacks/hostile-trainer.ts';
import { findAttack, settingsOf } from '../attacks/registry.ts';
import type { Trainer, TrainOptions } from '../../shared/model/trainer.ts';
import { createRandom } from '../../shared/random.ts';
import { sumOfSquares } from '../../shared/statistics/sum-of-squares.ts';
import { attackersOf } from '../scenario/scenario-attackers.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { TrainingPool } from '../training/pool.ts';
import { shared, withSharedVectors } from '../training/pooled-trainer.ts';
import type { TrainingData } from '../training/training-data.ts';
import type { VirtualClock } from '../virtual-clock.ts';

export interface Hostility {
  readonly attackers: readonly number[];
  readonly poisoned: TrainingData['poisoned'];
  /** The trainer itself for whoever is honest. */
  trainerOf(number: number, trainer: Trainer, beside: { readonly pool: TrainingPool; readonly clock: VirtualClock }): Trainer;
}

/** null where nobody attacks. @param seed of the simulation */
export function hostilityOf({ attackers: setting, edges }: Scenario, seed: number): Hostility | null {
  if (setting === null) return null;
  const attackers = attackersOf(setting, edges, seed);
  const attack = findAttack(setting.attack.name);
  const settings = settingsOf(setting.attack);
  const poison = attack.poison(settings);
  const random = createRandom(seed).fork('attack');
  const colluders = createColluders(attackers, seed);
  return {
    attackers,
    poisoned: poison === null ? null : { parts: attackers, poison, seed: random.fork('poison').int(2 ** 30) },
    trainerOf(number, trainer, { pool, clock }) {
      if (!attackers.includes(number)) return trainer;
      const own = random.fork(`edge ${number}`);
      const honest = (base: Float32Array, options: TrainOptions | null) => async (part: number, trainingSeed: number): Promise<Float32Array> => {
        if (options === null) return (await pool.run('gradient', { part, values: shared(base) })).gradient;
        const { signal: _, onProgress: __, ...rest } = options;
        const { values } = await pool.run('train', { part, values: shared(base), options: withSharedVectors({ ...rest, seed: trainingSeed }) });
        return values.map((value, i) => value - base[i]);
      };
      return createHostileTrainer({
        trainer, clock,
        // Drawn by the weights where it began: a run that is resumed goes on with the same.
        forge: (update, base, options) => attack.forge(update, { settings, edges, attackers: attackers.length, random: own.fork(`at ${sumOfSquares(base)}`), colluders: () => colluders.updates(base, honest(base, options)) }),
      });
    },
  };
}
