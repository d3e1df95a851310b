/** What algorithms share whose edges train for a while from the shared weights: the settings of that, and the training itself. */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import type { TrainSettings } from '../model/trainer.ts';
import type { TrainingLength } from '../model/training-length.ts';
import { subtract } from '../tensors/vectors.ts';
import type { Broadcast, EdgeContext } from './algorithm.ts';
import { LearningRate, rateAt } from './learning-rate.ts';

const fraction = z.number().min(0).lt(1);

const Optimizer = z.discriminatedUnion('name', [
  z
    .strictObject({ name: z.literal('sgd'), momentum: fraction.default(0), nesterov: z.boolean().default(false) })
    .refine(({ momentum, nesterov }) => !nesterov || momentum > 0, { path: ['nesterov'], message: 'Nesterov looks ahead by the momentum, and there is none' }),
  z.strictObject({ name: z.literal('adam'), beta1: fraction.default(0.9), beta2: fraction.default(0.999), epsilon: z.number().positive().default(1e-8) }),
]);

const LOCAL = {
  /** Passes over the edge's examples (the paper's E), … */
  epochs: z.int().positive().nullable().default(null),
  /** … or steps, the same for each edge, whatever it holds: exactly one of the two. */
  steps: z.int().positive().nullable().default(null),
  /** Examples a local step (the paper's B); null: all of them (B = ∞). */
  batchSize: z.int().positive().nullable(),
  /** Of the local steps; where it follows a schedule, by the number of the round. */
  learningRate: LearningRate,
  /** Of the local steps; each round it begins anew. */
  optimizer: Optimizer.prefault({ name: 'sgd' }),
  /** Largest norm of a local step's gradient; null: as it is. */
  clipNorm: z.number().positive().nullable().default(null),
  /** What examples count by their class: a number for each class, or `balanced`, by the edge's own counts. */
  classWeights: z.union([z.literal('balanced'), z.array(z.number().nonnegative())]).nullable().default(null),
  /** Local training ends at the first step past so many seconds; null: when it is done. */
  seconds: z.number().positive().nullable().default(null),
};

export type LocalConfig = z.infer<z.ZodObject<typeof LOCAL>>;

/** A strict schema of the local settings and an algorithm's own. */
export function localConfig<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z
    .strictObject({ ...LOCAL, ...shape })
    .refine((config) => ((config as LocalConfig).epochs === null) !== ((config as LocalConfig).steps === null), {
      path: ['epochs'],
      message: 'local training lasts so many epochs or so many steps: give one of the two',
    });
}

/** What edges are told of local training: a rate that is the same in all rounds they know from their task. */
export function planLocalUpdate({ learningRate }: LocalConfig, round: number): Broadcast {
  return typeof learningRate === 'number' ? {} : { learningRate: rateAt(learningRate, round) };
}

function localRate({ learningRate }: LocalConfig, { learningRate: told }: Broadcast): number {
  if (typeof learningRate === 'number') return learningRate;
  if (typeof told !== 'number') throw new MurmurError('bad_message', 'the learning rate follows a schedule, and the coordinator did not tell this round’s');
  return told;
}

/** What local training came to. */
export interface LocalUpdate {
  /** How far the weights moved, layout.size values. */
  readonly delta: Float32Array;
  readonly examples: number;
  readonly steps: number;
  readonly learningRate: number;
  /** Mean training loss. */
  readonly loss: number;
}

/** Trains from the base weights. `more`: what the algorithm adds to each gradient. @throws what the trainer throws */
export async function trainLocally(context: EdgeContext<LocalConfig>, more: Pick<TrainSettings, 'proximal' | 'correction'> = {}): Promise<LocalUpdate> {
  const { base, trainer, signal, onProgress } = context;
  const settings = localTraining(context);
  trainer.load(base);
  const { examples, steps, loss } = await trainer.train({ ...settings, ...more, signal, onProgress });
  const delta = await trainer.read();
  subtract(delta, base);
  return { delta, examples, steps, loss, learningRate: settings.learningRate };
}

/** As local training is asked for by the config and by what was told for this round. */
export function localTraining({ config, broadcast, random }: EdgeContext<LocalConfig>): TrainSettings {
  const { epochs, steps, batchSize, optimizer, clipNorm, classWeights, seconds } = config;
  const length = (epochs === null ? { steps } : { epochs }) as TrainingLength;
  return { ...length, batchSize, learningRate: localRate(config, broadcast), seed: random.fork('training').int(2 ** 31), optimizer, clipNorm, classWeights, seconds };
}
