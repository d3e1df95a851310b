/** The hyperbolic tangent: its twin's bits, and close to the exact one. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKernels } from '../../shared/kernels/kernels.ts';
import { createKernelMemory } from '../../shared/kernels/memory.ts';
import { prepareBackend } from '../../shared/model/backends.ts';
import { createKernelPair } from '../helpers/kernel-pair.ts';

const RUNS = { numRuns: 300, seed: 4 };

function tangents(values: Float32Array): Float32Array {
  const memory = createKernelMemory(8 * values.length + 128);
  new Float32Array(memory.buffer, 64, values.length).set(values);
  const out = 64 + 4 * values.length;
  createKernels(memory).tanhArray(64, out, values.length);
  return new Float32Array(memory.buffer, out, values.length);
}

/** Distance from a float32 to the next larger one. */
function unitOf(value: number): number {
  const bits = new Int32Array(Float32Array.of(Math.abs(value)).buffer);
  const [here] = new Float32Array(bits.buffer);
  bits[0] += 1;
  return new Float32Array(bits.buffer)[0] - here;
}

describe('tanhArray', () => {
  it('is what its twin says', () => {
    const value = fc.oneof(fc.float({ noNaN: true }), fc.float({ min: -12, max: 12, noNaN: true }), fc.float({ min: -1, max: 1, noNaN: true }));
    fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), (values) => {
      const pair = createKernelPair();
      const x = pair.put(Float32Array.from(values), 4);
      const out = pair.put(new Float32Array(values.length));
      pair.same((kernels) => kernels.tanhArray(x, out, values.length));
      pair.same((kernels) => kernels.tanhArray(x, x, values.length));
    }), RUNS);
  });

  it('lies within 1.5 units in the last place of the exact one', () => {
    // From tiny to beyond where it is ±1, evenly and by powers.
    const values = Float32Array.from({ length: 400_000 }, (_, i) => (i % 2 === 0 ? (i - 200_000) / 20_000 : (i % 4 === 1 ? 1 : -1) * 2 ** ((i - 300_000) / 10_000)));
    const found = tangents(values);
    let worst = 0;
    values.forEach((x, i) => {
      const exact = Math.tanh(x);
      worst = Math.max(worst, Math.abs(found[i] - exact) / unitOf(exact));
    });
    expect(worst).toBeGreaterThan(0.4);
    expect(worst).toBeLessThan(1.5);
  });

  it('knows the edges of numbers, grows, and is odd', () => {
    expect([...tangents(Float32Array.of(0, -0, Infinity, -Infinity, NaN, 10, -10, 1e-40))]).toEqual([0, -0, 1, -1, NaN, 1, -1, Math.fround(1e-40)]);
    // Where its two halves meet.
    const rising = Float32Array.from({ length: 2000 }, (_, i) => 0.625 + (i - 1000) * 2 ** -24);
    const found = tangents(rising);
    expect(found.every((value, i) => i === 0 || value >= found[i - 1] - 2 ** -24)).toBe(true);
    expect([...tangents(rising.map((value) => -value))]).toEqual([...found].map((value) => -value));
  });

  it('is what the wasm backend computes, for any shape', async () => {
    await prepareBackend('wasm');
    const values = Float32Array.from({ length: 30 }, (_, i) => i / 4 - 4);
    const result = tf.tidy(() => tf.tanh(tf.tensor(values, [2, 3, 5])));
    expect(result.shape).toEqual([2, 3, 5]);
    expect(result.dataSync()).toEqual(tangents(values));
    result.dispose();
  });
});
