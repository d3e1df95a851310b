/** How fast the current backend trains the reference model (784-200-200-10, batch 10). */
import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '../random.ts';
import { buildModel, type ModelSpec } from './build-model.ts';
import { uploadExamples } from './resident-examples.ts';
import { sgdStep } from './train-step.ts';

/** A GPU compiles its programs in the first steps. */
const WARM_UP_STEPS = 5;
const WARM_UP_MS = 1000;
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

/** Training steps a second on the current backend; takes about 0.3 s after warming up, a step longer on a slow one. */
export async function measureBackend(): Promise<number> {
  const random = createRandom(1);
  const model = await buildModel(reference);
  const rate = tf.scalar(0.01);
  const inputs = Float32Array.from({ length: BATCH * 784 }, () => random.next());
  const labels = Int32Array.from({ length: BATCH }, (_, i) => i);
  const examples = uploadExamples(reference, { size: BATCH, inputs, inputShape: [784], scale: 1, labels, labelShape: [] }, 'the reference examples');
  const batch = examples.range(0, BATCH);
  const step = (): tf.Scalar => sgdStep(model, reference.model.loss, batch, rate);
  /**
   * Runs up to `most` steps or for `forMs`, whichever is over first, and waits for the last one.
   * A GPU only queues them: so many are queued at once as are over in a moment, one at first,
   * so that a slow device does not work on long after the time is up.
   */
  const run = async (most: number, forMs: number): Promise<number> => {
    const until = performance.now() + forMs;
    let done = 0;
    for (let queued = 1; done < most && performance.now() < until; ) {
      const start = performance.now();
      const losses = Array.from({ length: Math.min(queued, most - done) }, step);
      await losses[losses.length - 1].data();
      tf.dispose(losses);
      done += losses.length;
      if (performance.now() - start < MEASURE_MS / 20) queued = Math.min(2 * queued, 32);
    }
    return done;
  };
  try {
    model.setWeights(Float32Array.from({ length: model.layout.size }, () => 0.05 * random.normal()));
    await run(WARM_UP_STEPS, WARM_UP_MS);
    const start = performance.now();
    const steps = await run(Infinity, MEASURE_MS);
    return (steps * 1000) / (performance.now() - start);
  } finally {
    tf.dispose([batch.x, batch.labels, rate]);
    examples.dispose();
    model.dispose();
  }
}
