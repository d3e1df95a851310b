/** Matrix products on the wasm backend, against the plain `cpu` backend over random shapes. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareBackend, useBackend } from '../../shared/model/backends.ts';
import { prepareMatMul } from '../../shared/model/kernels/mat-mul.ts';
import { addressOf, wasmKernels, type WasmBackend } from '../../shared/model/kernels/wasm-backend.ts';
import { expectClose, expectSame, randomFloats, runKernel, type Input } from '../helpers/wasm-kernels.ts';

const RUNS = { numRuns: 300, seed: 42 };
const dimension = fc.integer({ min: 1, max: 17 });
const product = fc.record({ n: dimension, k: dimension, m: dimension, transposeA: fc.boolean(), transposeB: fc.boolean(), seed: fc.integer() });
type Product = typeof product extends fc.Arbitrary<infer T> ? T : never;

beforeAll(async () => {
  await prepareBackend('cpu');
  await prepareBackend('wasm');
});

const operands = ({ n, k, m, transposeA, transposeB, seed }: Product, aBatch: readonly number[], bBatch: readonly number[]): { a: Input; b: Input } => ({
  a: randomFloats([...aBatch, ...(transposeA ? [k, n] : [n, k])], seed),
  b: randomFloats([...bBatch, ...(transposeB ? [m, k] : [k, m])], seed + 1),
});

describe('BatchMatMul', () => {
  it('transposed or not, one of each, one for all, or any of the two', () => {
    const batches = fc.constantFrom<[number[], number[]]>([[], []], [[1], [1]], [[3], [3]], [[3], [1]], [[1], [4]], [[2, 2], [2, 2]], [[2, 3], [1, 1]], [[2, 3], [3]]);
    fc.assert(fc.property(product, batches, (shape, [aBatch, bBatch]) => {
      expectSame('BatchMatMul', operands(shape, aBatch, bBatch), { transposeA: shape.transposeA, transposeB: shape.transposeB });
    }), RUNS);
  });

  // The cpu backend does not broadcast both sides at once: each matrix is multiplied by itself here.
  it('broadcast on both sides', () => {
    fc.assert(fc.property(product, (shape) => {
      const attrs = { transposeA: shape.transposeA, transposeB: shape.transposeB };
      const { a, b } = operands(shape, [2, 1], [1, 3]);
      const actual = runKernel('wasm', 'BatchMatMul', { a, b }, attrs);
      expect(actual.shape).toEqual([2, 3, shape.n, shape.m]);
      const matrixOf = ({ shape: [, , ...last], values }: Input, i: number): Input => ({ shape: last, values: values.slice(i * last[0] * last[1], (i + 1) * last[0] * last[1]) });
      const expected = [0, 1].flatMap((i) => [0, 1, 2].flatMap((j) => runKernel('cpu', 'BatchMatMul', { a: matrixOf(a, i), b: matrixOf(b, j) }, attrs).values));
      expectClose(actual.values, expected);
    }), { ...RUNS, numRuns: 50 });
  });

  it('refuses inner sizes that differ, and leaves nothing', () => {
    expect(() => runKernel('wasm', 'BatchMatMul', { a: randomFloats([2, 3], 1), b: randomFloats([4, 2], 2) }, { transposeA: false, transposeB: false })).toThrow(/inner sizes 3 and 4/);
  });

  it('of nothing is zero', () => {
    const actual = runKernel('wasm', 'BatchMatMul', { a: randomFloats([2, 0], 1), b: randomFloats([0, 3], 2) }, { transposeA: false, transposeB: false });
    expect(actual).toEqual({ shape: [2, 3], values: [0, 0, 0, 0, 0, 0] });
  });
});

describe('_FusedMatMul', () => {
  it('with bias and every activation', () => {
    fc.assert(fc.property(product, fc.constantFrom('linear', 'relu', 'relu6', 'elu', 'leakyrelu', 'prelu', 'sigmoid'), fc.boolean(), fc.constantFrom(1, 4), (shape, activation, bias, batch) => {
      const inputs: Record<string, Input> = operands(shape, [batch], [1]);
      if (bias) inputs.bias = randomFloats([shape.m], shape.seed + 2);
      if (activation === 'prelu') inputs.preluActivationWeights = randomFloats([shape.m], shape.seed + 3);
      expectSame('_FusedMatMul', inputs, { transposeA: shape.transposeA, transposeB: shape.transposeB, activation, leakyreluAlpha: 0.3 });
    }), RUNS);
  });
});

describe('prepareMatMul', () => {
  it('descends: w less the rate times the product, at the same address', () => {
    useBackend('wasm');
    const backend = tf.backend() as unknown as WasmBackend;
    // Two examples of two features, and what came back for three outputs.
    const x = tf.tensor2d([[1, 2], [3, 4]]);
    const dy = tf.tensor2d([[1, 0, -1], [2, 1, 0]]);
    const w = tf.tensor2d([[10, 20, 30], [40, 50, 60]]);
    const rate = tf.scalar(0.5);
    const prepared = prepareMatMul(wasmKernels(backend), x.shape, dy.shape, { transposeA: true, transposeB: false, descend: true });
    const scratch = tf.zeros([prepared.scratchBytes / 4]);
    prepared.run([x, dy, rate, w].map((tensor) => addressOf(backend, tensor)), addressOf(backend, scratch));
    // xᵀ·dy is (1 + 6, 3, −1) and (2 + 8, 4, −2).
    expect([...w.dataSync()]).toEqual([6.5, 18.5, 30.5, 35, 48, 61]);
    tf.dispose([x, dy, w, rate, scratch]);
  });
});
