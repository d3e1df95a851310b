/** How fast a backend trains a model, measured on the trainer that will train it. */
import type { ModelSpec } from '../../shared/model/build-model.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import { createRandom } from '../../shared/random.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import { createLocalTrainer } from './local-trainer.ts';
import { syntheticExamples } from './synthetic-examples.ts';

const MEASURE_MS = 300;
/** Steps without a look at the loss: a GPU queues them, as in an epoch. */
const STEPS_A_PASS = 8;
/** More are worked through in parts, of which one tells as much. */
export const LARGEST_MEASURED_BATCH = 250;
/** Values of inputs at once; 64 MB. */
const LARGEST_INPUTS = 16e6;

/** Training steps a second on batches of that size. */
export type MeasureTraining = (spec: ModelSpec, backend: BackendName, batchSize: number) => Promise<number>;

/**
 * Takes about 0.3 s after the first step, which a GPU spends on compiling; on a slow device two steps.
 * Leaves no tensor behind, and `backend` the current one.
 * @throws backend_failed where it does not start; whatever a model that it cannot train makes it throw
 */
export const measureTraining: MeasureTraining = async (spec, backend, batchSize) => {
  const batch = Math.min(batchSize, LARGEST_MEASURED_BATCH);
  const one = await onTrainer(spec, backend, batch, async (trainer) => {
    await timePass(trainer, batch);
    const stepMs = await timePass(trainer, batch);
    const inputs = STEPS_A_PASS * batch * syntheticExamples(spec, 1).inputs.length;
    if (stepMs * STEPS_A_PASS <= MEASURE_MS && inputs <= LARGEST_INPUTS) return null;
    return rateOf(trainer, batch, { steps: 1, ms: stepMs });
  });
  if (one !== null) return one;
  return onTrainer(spec, backend, STEPS_A_PASS * batch, async (trainer) => {
    await timePass(trainer, batch);
    return rateOf(trainer, batch, { steps: 0, ms: 0 });
  });
};

async function onTrainer<T>(spec: ModelSpec, backend: BackendName, examples: number, use: (trainer: Trainer) => Promise<T>): Promise<T> {
  const trainer = await createLocalTrainer(spec, { train: syntheticExamples(spec, examples), validation: null, source: 'synthetic examples' }, { backend });
  try {
    const random = createRandom(1);
    trainer.load(Float32Array.from({ length: trainer.layout.size }, () => 0.05 * random.normal()));
    return await use(trainer);
  } finally {
    trainer.dispose();
  }
}

/** An epoch, in ms. Learning nothing, so that the weights stay what they are however often. */
async function timePass(trainer: Trainer, batchSize: number): Promise<number> {
  const start = performance.now();
  await trainer.train({ epochs: 1, batchSize, learningRate: 0, seed: 1 });
  return performance.now() - start;
}

async function rateOf(trainer: Trainer, batch: number, { steps, ms }: { steps: number; ms: number }): Promise<number> {
  while (ms < MEASURE_MS) {
    ms += await timePass(trainer, batch);
    steps += trainer.examples / batch;
  }
  return (1000 * steps) / ms;
}
