import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { prepareBackend, useBackend } from '../../shared/model/backends.ts';
import { nodeBackends } from '../helpers/node-backends.ts';

describe.each(await nodeBackends())('average pooling on %s', (backend) => {
  const nine = [1, 2, 3, 4, 5, 6, 7, 8, 9];

  it('gives a window over the edge the gradient of what it covers', async () => {
    await prepareBackend(backend);
    useBackend(backend);
    tf.tidy(() => {
      // Windows of 4, 2, 2 and 1 values: each value weighs a quarter, a half, or all.
      const x = tf.tensor4d(nine, [1, 3, 3, 1]);
      expect([...tf.avgPool(x, 2, 2, 'same').dataSync()]).toEqual([3, 4.5, 7.5, 9]);
      expect([...tf.grad((input) => tf.avgPool(input as tf.Tensor4D, 2, 2, 'same'))(x).dataSync()]).toEqual([0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5, 1]);
    });
  });

  it('does so in three dimensions', async () => {
    await prepareBackend(backend);
    useBackend(backend);
    tf.tidy(() => {
      const x = tf.tensor5d(nine, [1, 1, 3, 3, 1]);
      const gradient = tf.grad((input) => tf.avgPool3d(input as tf.Tensor5D, [1, 2, 2], [1, 2, 2], 'same'))(x);
      expect([...gradient.dataSync()]).toEqual([0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5, 1]);
    });
  });

  it('keeps the gradient where every window is whole', async () => {
    await prepareBackend(backend);
    useBackend(backend);
    tf.tidy(() => {
      const x = tf.tensor4d([...nine, 10, 11, 12, 13, 14, 15, 16], [1, 4, 4, 1]);
      // Stride 1 in 'valid': a value weighs a quarter for each of the windows that it lies in.
      const inside = [1, 2, 2, 1].flatMap((row) => [1, 2, 2, 1].map((column) => (row * column) / 4));
      expect([...tf.grad((input) => tf.avgPool(input as tf.Tensor4D, 2, 1, 'valid'))(x).dataSync()]).toEqual(inside);
    });
  });

  it('leaves no tensor behind', async () => {
    await prepareBackend(backend);
    useBackend(backend);
    const before = tf.memory().numTensors;
    const x = tf.ones<tf.Rank.R4>([1, 5, 5, 2]);
    tf.grad((input) => tf.avgPool(input as tf.Tensor4D, 2, 2, 'same'))(x).dispose();
    x.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
