/** How fast a backend trains a model, measured on the trainer that will train it. */
import type { ModelSpec } from '../../shared/model/build-model.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import { createRandom } from '../../shared/random.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import { createLocalTrainer } from './local-trainer.ts';
import { syntheticExamples } from './synthetic-examples.ts';

/** Until recorded steps are replayed, and a processor has got up to speed. */
const WARM_UP_STEPS = 16;
const WARM_UP_MS = 500;
const MEASURE_MS = 300;
/** Steps without a look at the loss: a GPU queues them, as in an epoch. */
const STEPS_AN_EPOCH = 8;
/** More are worked through in parts, of which one tells as much. */
export const LARGEST_MEASURED_BATCH = 250;
/** Values of inputs at once; 64 MB. */
const LARGEST_INPUTS = 16e6;

/** Training steps a second on batches of that size. */
export type MeasureTraining = (spec: ModelSpec, backend: BackendName, batchSize: number) => Promise<number>;

/**
 * Takes less than a second after the first step, in which a GPU compiles; on a device where a step takes
 * longer than that, two steps. Leaves no tensor behind, and `backend` the current one.
 * @throws backend_failed where it does not start; whatever a model that it cannot train makes it throw
 */
export const measureTraining: MeasureTraining = async (spec, backend, batchSize) => {
  const batch = Math.min(batchSize, LARGEST_MEASURED_BATCH);
  // Step by step first: on a slow device, a queue of steps would be worked on long after the time is up.
  const singly = await onTrainer(spec, backend, batch, (trainer) => stepsPerSecond(trainer, batch));
  const inputs = STEPS_AN_EPOCH * batch * syntheticExamples(spec, 1).inputs.length;
  if ((1000 * STEPS_AN_EPOCH) / singly > MEASURE_MS || inputs > LARGEST_INPUTS) return singly;
  return onTrainer(spec, backend, STEPS_AN_EPOCH * batch, (trainer) => stepsPerSecond(trainer, batch));
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

/** Trains without end, learning nothing, and stops once there is enough to tell: after the warm-up and the time to measure. */
async function stepsPerSecond(trainer: Trainer, batchSize: number): Promise<number> {
  const stopper = new AbortController();
  const start = performance.now();
  let from: { step: number; at: number } | null = null;
  let rate = 0;
  const onProgress = ({ step }: { readonly step: number }): void => {
    const at = performance.now();
    if (from === null) {
      if (step >= WARM_UP_STEPS || at - start >= WARM_UP_MS) from = { step, at };
    } else if (at - from.at >= MEASURE_MS && step > from.step) {
      rate = (1000 * (step - from.step)) / (at - from.at);
      stopper.abort();
    }
  };
  try {
    await trainer.train({ epochs: 1_000_000_000, batchSize, learningRate: 0, seed: 1, signal: stopper.signal, onProgress });
  } catch (thrown) {
    if (!stopper.signal.aborted) throw thrown;
  }
  return rate;
}
