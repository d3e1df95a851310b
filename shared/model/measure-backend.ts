/** How fast the current backend trains the reference model (784-200-200-10, batch 10). */
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../random.ts';
import { buildModel, type ModelSpec } from './build-model.ts';
import { uploadExamples } from './resident-examples.ts';
import { sgdStep } from './train-step.ts';

const WARM_UP_STEPS = 5;
const MEASURE_MS = 300;
const BATCH = 10;

const dense = (units: number, activation: string): object => ({ class_name: 'Dense', config: { units, activation } });

const reference: ModelSpec = {
  model: {
    topology: { class_name: 'Sequential', config: { name: 'reference', layers: [dense(200, 'relu'), dense(200, 'relu'), dense(10, 'softmax')] } },
    loss: 'categoricalCrossentropy',
    seed: 1,
  },
  data: {
    kind: 'image',
    height: 28,
    width: 28,
    channels: 1,
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    flat: true,
    scale: 1,
    validation: { fraction: 0, seed: 1 },
  },
};

/** Training steps a second on the current backend; takes about 0.3 s after warming up. */
export async function measureBackend(): Promise<number> {
  const random = createRandom(1);
  const model = await buildModel(reference);
  const rate = tf.scalar(0.01);
  const inputs = Float32Array.from({ length: BATCH * 784 }, () => random.next());
  const labels = Int32Array.from({ length: BATCH }, (_, i) => i);
  const examples = uploadExamples(reference, { size: BATCH, inputs, inputShape: [784], scale: 1, labels, labelShape: [] }, 'the reference examples');
  const batch = examples.range(0, BATCH);
  const step = (): tf.Scalar => sgdStep(model, reference.model.loss, batch, rate);
  /** Runs steps for a while; waits for the last, as a GPU only queues them. */
  const run = async (steps: number, untilMs: number): Promise<number> => {
    let done = 0;
    const until = performance.now() + untilMs;
    while (done < steps || performance.now() < until) {
      const loss = step();
      done++;
      // The queue is kept short: a slow device would otherwise work on long after the time is over.
      if (done % 10 === 0 || done === steps) await loss.data();
      loss.dispose();
    }
    const last = step();
    await last.data();
    last.dispose();
    return done + 1;
  };
  try {
    model.setWeights(Float32Array.from({ length: model.layout.size }, () => 0.05 * random.normal()));
    await run(WARM_UP_STEPS, 0);
    const start = performance.now();
    const steps = await run(1, MEASURE_MS);
    return (steps * 1000) / (performance.now() - start);
  } finally {
    tf.dispose([batch.x, batch.labels, rate]);
    examples.dispose();
    model.dispose();
  }
}
