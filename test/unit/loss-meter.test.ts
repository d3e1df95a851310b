import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLossMeter } from '../../client/training/loss-meter.ts';
import { prepareBackend } from '../../shared/model/backends.ts';
import { createRandom } from '../../shared/random.ts';

beforeAll(() => prepareBackend('cpu'));

describe('the loss meter', () => {
  it('weighs losses by their examples, and says NaN where there are none', async () => {
    const meter = createLossMeter();
    expect(await meter.mean()).toBeNaN();
    meter.add(tf.scalar(1), 10);
    meter.add(tf.scalar(4), 5);
    expect(await meter.mean()).toBe(2);
    meter.add(tf.scalar(8), 15);
    expect(await meter.mean()).toBe(5);
    meter.reset();
    expect(await meter.mean()).toBeNaN();
  });

  it('gives the same bits however often it was asked on the way, and holds no tensor after its reset', async () => {
    const before = tf.memory().numTensors;
    const run = async (askEvery: number): Promise<number> => {
      const random = createRandom(5);
      const meter = createLossMeter();
      for (let batch = 1; batch <= 200; batch++) {
        meter.add(tf.scalar(random.next()), 1 + random.int(12));
        if (batch % askEvery === 0) await meter.mean();
      }
      const mean = await meter.mean();
      meter.reset();
      return mean;
    };
    const undisturbed = await run(1000);
    for (const askEvery of [1, 7, 50, 64]) expect(await run(askEvery)).toBe(undisturbed);
    expect(tf.memory().numTensors).toBe(before);
  });
});
