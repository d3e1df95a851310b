/** What a replayed step calls by address gives the bits that TensorFlow.js's kernels give, over random shapes and values. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareBackend } from '../../shared/model/backends.ts';
import { wasmKernels } from '../../shared/model/kernels/wasm-backend.ts';
import { createPlan } from '../../shared/model/replay/plan.ts';
import { recordStep } from '../../shared/model/replay/record.ts';
import { currentWasmHeap, heapAddress, heapBytes, type WasmHeap } from '../../shared/model/replay/wasm-heap.ts';
import { keepInPlace } from '../../shared/model/steady-weights.ts';

const RUNS = { numRuns: 120, seed: 3 };

let heap: WasmHeap;
beforeAll(async () => {
  await prepareBackend('wasm');
  heap = currentWasmHeap() as WasmHeap;
});

const shapes = (least: number, most: number): fc.Arbitrary<number[]> => fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 7 })), { minLength: least, maxLength: most });
const finite = fc.float({ min: -20, max: 20, noNaN: true });
const anything = fc.oneof({ weight: 6, arbitrary: finite }, { weight: 1, arbitrary: fc.constantFrom(0, -0, 1, -1, Infinity, -Infinity, NaN, Math.fround(1e-40)) });
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
/** Values of a shape, from a few that are repeated: shrinking stays quick. */
const filled = (shape: readonly number[], pool: readonly number[]): Float32Array => Float32Array.from({ length: sizeOf(shape) }, (_, i) => pool[(i * 7 + (i >> 3)) % pool.length]);
const pools = fc.array(anything, { minLength: 11, maxLength: 29 });

/**
 * Replays an operation on x (a step's input) and y (a weight), and compares with what it gives by itself. `kernels` are
 * taken out of the registry before the plan is made: what would call them fails.
 */
function same(kernels: readonly string[], x: tf.Tensor, y: tf.Tensor, operation: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor, values: (shape: readonly number[]) => Float32Array): void {
  const expected = tf.tidy(() => operation(x, y));
  const carrier = tf.tidy(() => tf.variable(tf.zeros(expected.shape)));
  const other = tf.tidy(() => tf.variable(y));
  for (const variable of [carrier, other]) keepInPlace(variable);
  const given = { labels: tf.tensor1d([0], 'int32'), rate: tf.scalar(1) };
  // Recorded on other values than replayed.
  const before = tf.tidy(() => (x.dtype === 'float32' ? tf.tensor(values(x.shape).reverse(), x.shape) : tf.zerosLike(x)));
  const noise = { present: false, watcher: null, reseed: () => undefined };
  const { program, reason, loss } = recordStep(heap, { weights: [carrier, other], batch: { x: before, labels: given.labels }, rate: given.rate, noise }, () =>
    tf.tidy(() => {
      const result = operation(before, other);
      carrier.assign(tf.cast(result, 'float32'));
      return tf.sum<tf.Scalar>(carrier);
    }),
  );
  loss.dispose();
  const originals = kernels.map((name) => tf.getKernel(name, 'wasm'));
  const replace = (kernel: tf.KernelConfig): void => {
    tf.unregisterKernel(kernel.kernelName, 'wasm');
    tf.registerKernel(kernel);
  };
  for (const original of originals) {
    replace({ ...original, kernelFunc: () => {
      throw new Error(`${original.kernelName} is not lowered`);
    } });
  }
  try {
    const plan = program && createPlan(program, { heap, kernels: wasmKernels(heap), weights: [carrier, other] });
    if (plan === null || typeof plan === 'string') throw new Error(plan ?? reason ?? '');
    const bytes = x.size * 4;
    heapBytes(heap, plan.given.x, bytes).set(heapBytes(heap, heapAddress(heap, x.dataId), bytes));
    plan.run();
    plan.settle();
    plan.dispose();
  } finally {
    originals.forEach(replace);
  }
  const [found, wanted] = [carrier.dataSync(), tf.tidy(() => tf.cast(expected, 'float32').dataSync())];
  tf.dispose([expected, carrier, other, before, given.labels, given.rate]);
  found.forEach((value, i) => {
    if (!Object.is(value, wanted[i])) throw new Error(`value ${i} of ${found.length} is ${value}, not ${wanted[i]}`);
  });
}

function check(kernels: readonly string[], cases: fc.Arbitrary<{ shape: number[]; other?: number[]; run: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor }>, dtype: 'float32' | 'int32' = 'float32'): void {
  const before = [tf.memory().numTensors, heap.numDataIds()];
  fc.assert(fc.property(cases, pools, ({ shape, other = [1], run }, pool) => {
    const values = (of: readonly number[]): Float32Array => filled(of, pool);
    const x = dtype === 'float32' ? tf.tensor(values(shape), shape) : tf.tensor(Int32Array.from(values(shape), (value) => (Number.isFinite(value) ? value * 1e6 : 0)), shape, 'int32');
    const y = tf.tensor(values(other).reverse(), other);
    try {
      same(kernels, x, y, run, values);
    } finally {
      tf.dispose([x, y]);
    }
  }), RUNS);
  expect([tf.memory().numTensors, heap.numDataIds()]).toEqual(before);
}

describe('arithmetic', () => {
  /** One shape, and one that goes with it: equal, or 1 in one stretch of axes, or shorter. */
  const pairs = fc.tuple(shapes(1, 4), fc.integer({ min: 0, max: 4 }), fc.constantFrom('same', 'head', 'tail', 'short', 'scalar'), fc.boolean()).map(([shape, cut, how, swap]) => {
    const at = Math.min(cut, shape.length);
    const other = how === 'same' ? shape : how === 'scalar' ? [] : how === 'short' ? shape.slice(at) : shape.map((size, axis) => (how === 'head' === axis < at ? 1 : size));
    return swap ? { shape: other, other: shape } : { shape, other };
  });

  it.each([
    ['Add', tf.add],
    ['Sub', tf.sub],
    ['Multiply', tf.mul],
    ['RealDiv', tf.div],
  ] as const)('%s, with broadcasting', (kernel, operation) => {
    check([kernel], pairs.map((pair) => ({ ...pair, run: (x, y) => operation(x, y) })));
  });

  it.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ['Relu', tf.relu],
    ['Step', (x) => tf.step(x)],
    ['Step', (x) => tf.step(x, 0.25)],
    ['Neg', tf.neg],
    ['Square', tf.square],
    ['ClipByValue', (x) => tf.clipByValue(x, -1.5, 4)],
    ['Abs', tf.abs],
    ['Exp', tf.exp],
    ['Log', tf.log],
    ['Log1p', tf.log1p],
    ['Sqrt', tf.sqrt],
    ['Rsqrt', tf.rsqrt],
    ['Reciprocal', tf.reciprocal],
    ['Sigmoid', tf.sigmoid],
    ['Tanh', tf.tanh],
    ['Elu', tf.elu],
    ['Selu', tf.selu],
    ['Relu6', tf.relu6],
    ['Softplus', tf.softplus],
    ['Sign', tf.sign],
  ])('%s', (kernel, operation) => {
    check([kernel], shapes(1, 3).map((shape) => ({ shape, run: operation })));
  });

  it('softmax over the last axis', () => {
    check(['Softmax'], shapes(2, 3).map((shape) => ({ shape, run: (x) => tf.softmax(x) })));
  });
});

describe('what is made one', () => {
  it('the gradient of relu', () => {
    check(['Step', 'Multiply'], shapes(1, 3).map((shape) => ({ shape, other: shape, run: (x, y) => tf.mul(y, tf.step(tf.neg(x))) })));
  });

  it('the gradient of clipping', () => {
    check(['Select', 'LogicalAnd', 'GreaterEqual', 'LessEqual'], shapes(1, 3).map((shape) => ({ shape, other: shape, run: (x, y) => tf.where(tf.logicalAnd(tf.greaterEqual(x, -2), tf.lessEqual(x, 3)), y, tf.zerosLike(y)) })));
  });

  it('the descent along a gradient', () => {
    check(['Multiply', 'Sub'], shapes(1, 3).map((shape) => ({ shape, other: shape, run: (x, y) => tf.sub(y, tf.mul(x, tf.scalar(0.3))) })));
  });
});

describe('products', () => {
  /** Sizes of a product, with axes before them that one side may lack. */
  const sizes = fc.record({ m: fc.integer({ min: 1, max: 12 }), k: fc.integer({ min: 1, max: 20 }), n: fc.integer({ min: 1, max: 20 }), batch: shapes(0, 2), alone: fc.boolean(), transposeA: fc.boolean(), transposeB: fc.boolean() });

  it('of matrices, transposed and batched', () => {
    check(['BatchMatMul'], sizes.map(({ m, k, n, batch, alone, transposeA, transposeB }) => ({
      shape: [...batch, ...(transposeA ? [k, m] : [m, k])],
      other: [...batch.map((size) => (alone ? 1 : size)), ...(transposeB ? [n, k] : [k, n])],
      run: (x, y) => tf.matMul(x, y, transposeA, transposeB),
    })));
  });

  it('with a bias and an activation', () => {
    check(['_FusedMatMul'], fc.tuple(sizes, fc.constantFrom('linear', 'relu', 'relu6')).map(([{ m, k, n, transposeA, transposeB }, activation]) => ({
      shape: transposeA ? [k, m] : [m, k],
      other: transposeB ? [n, k] : [k, n],
      run: (x, y) => tf.fused.matMul({ a: x, b: y, transposeA, transposeB, bias: tf.slice(tf.reshape(tf.concat([tf.reshape(x, [-1]), tf.ones([n])]), [-1]), [0], [n]), activation }),
    })));
  });

  it('that a weight descends along', () => {
    // Where the weight is read again afterwards, it cannot be written in its place; where all are squares, it might be written over a factor.
    check(['BatchMatMul', 'Multiply'], fc.tuple(sizes, fc.boolean(), fc.boolean()).map(([{ m, k }, again, square]) => ({
      shape: [square ? k : m, k],
      other: [k, k],
      run: (x, y) => {
        const moved = tf.sub(y, tf.mul(tf.matMul(x, tf.relu(x), true, false), tf.scalar(0.3)));
        return again ? tf.add(moved, y) : moved;
      },
    })));
  });
});

describe('convolutions', () => {
  const geometry = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 7 }),
    width: fc.integer({ min: 1, max: 7 }),
    channels: fc.integer({ min: 1, max: 5 }),
    filters: fc.integer({ min: 1, max: 9 }),
    tap: fc.integer({ min: 1, max: 3 }),
    strides: fc.integer({ min: 1, max: 2 }),
  });
  const kernel = (name: string, inputs: Record<string, tf.Tensor>, attrs: tf.NamedAttrMap): tf.Tensor => tf.engine().runKernel(name, inputs, attrs);
  const attrsOf = (strides: number): tf.NamedAttrMap => ({ strides: [strides, strides], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1] });
  const outOf = (size: number, strides: number): number => Math.ceil(size / strides);

  it('forward, with a bias and an activation', () => {
    check(['Conv2D', 'FusedConv2D'], fc.tuple(geometry, fc.constantFrom(null, 'linear', 'relu', 'relu6')).map(([{ batch, height, width, channels, filters, tap, strides }, activation]) => ({
      shape: [batch, height, width, channels],
      other: [tap, tap, channels, filters],
      run: (x, y) => {
        const [image, filter] = [x as tf.Tensor4D, y as tf.Tensor4D];
        return activation === null ? tf.conv2d(image, filter, strides, 'same') : tf.fused.conv2d({ x: image, filter, strides, pad: 'same', bias: tf.linspace(-1, 1, filters), activation });
      },
    })));
  });

  it('backward', () => {
    check(['Conv2DBackpropFilter'], geometry.map(({ batch, height, width, channels, filters, tap, strides }) => ({
      shape: [batch, height, width, channels],
      other: [batch, outOf(height, strides), outOf(width, strides), filters],
      run: (x, dy) => kernel('Conv2DBackpropFilter', { x, dy }, { ...attrsOf(strides), filterShape: [tap, tap, channels, filters] }),
    })));
    check(['Conv2DBackpropInput'], geometry.map(({ batch, height, width, channels, filters, tap, strides }) => ({
      shape: [batch, outOf(height, strides), outOf(width, strides), filters],
      other: [tap, tap, channels, filters],
      run: (dy, filter) => kernel('Conv2DBackpropInput', { dy, filter }, { ...attrsOf(strides), inputShape: [batch, height, width, channels] }),
    })));
  });

  it('depthwise, backward', () => {
    check(['DepthwiseConv2dNativeBackpropFilter'], geometry.map(({ batch, height, width, channels, tap, strides }) => ({
      shape: [batch, height, width, channels],
      other: [batch, outOf(height, strides), outOf(width, strides), 2 * channels],
      run: (x, dy) => kernel('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { ...attrsOf(strides), filterShape: [tap, tap, channels, 2] }),
    })));
    check(['DepthwiseConv2dNativeBackpropInput'], geometry.map(({ batch, height, width, channels, tap, strides }) => ({
      shape: [batch, outOf(height, strides), outOf(width, strides), 2 * channels],
      other: [tap, tap, channels, 2],
      run: (dy, filter) => kernel('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { ...attrsOf(strides), inputShape: [batch, height, width, channels] }),
    })));
  });

  it('pooling, backward', () => {
    check(['MaxPoolGrad'], geometry.map(({ batch, height, width, channels, tap, strides }) => ({
      shape: [batch, height, width, channels],
      other: [batch, outOf(height, strides), outOf(width, strides), channels],
      run: (x, dy) => kernel('MaxPoolGrad', { dy, input: x, output: dy }, { filterSize: [tap, tap], strides: [strides, strides], pad: 'same' }),
    })));
    check(['AvgPoolGrad'], geometry.map(({ batch, height, width, channels, tap, strides }) => ({
      shape: [batch, height, width, channels],
      other: [batch, outOf(height, strides), outOf(width, strides), channels],
      run: (input, dy) => kernel('AvgPoolGrad', { dy, input }, { filterSize: [tap, tap], strides: [strides, strides], pad: 'same' }),
    })));
  });

  it('embeddings, backward', () => {
    check(['UnsortedSegmentSum'], fc.tuple(fc.array(fc.nat(5), { minLength: 1, maxLength: 12 }), shapes(0, 2)).map(([segments, row]) => ({
      shape: [segments.length, ...row],
      run: (x) => tf.unsortedSegmentSum(x, tf.tensor1d(segments, 'int32'), 5),
    })));
  });
});

describe('rows', () => {
  it.each(['first', 'last', 'all'] as const)('sums over the %s axes', (which) => {
    check(['Sum'], fc.tuple(shapes(1, 4), fc.integer({ min: 0, max: 3 }), fc.boolean()).map(([shape, cut, keep]) => {
      const at = Math.min(cut, shape.length - 1) + (which === 'first' ? 1 : 0);
      const axes = which === 'all' ? undefined : [...shape.keys()].filter((axis) => (which === 'first' ? axis < at : axis >= at));
      return { shape, run: (x) => tf.sum(x, axes, keep) };
    }));
  });

  it('of indices', () => {
    check(['GatherV2'], fc.tuple(fc.integer({ min: 1, max: 6 }), shapes(0, 2), fc.array(fc.nat(100), { minLength: 1, maxLength: 9 })).map(([rows, row, at]) => ({
      shape: [rows, ...row],
      run: (x) => tf.gather(x, tf.tensor1d(at.map((index) => index % rows), 'int32')),
    })));
  });

  it('of integers and truths as floats', () => {
    check(['Cast'], shapes(1, 3).map((shape) => ({ shape, run: (x) => tf.cast(x, 'float32') })), 'int32');
    check(['Cast'], shapes(1, 3).map((shape) => ({ shape, run: (x) => tf.cast(tf.greater(x, 1), 'float32') })));
  });
});

describe('copies', () => {
  it('slices', () => {
    check(['Slice'], fc.tuple(shapes(1, 3), fc.array(fc.nat(6), { minLength: 3, maxLength: 3 }), fc.array(fc.nat(6), { minLength: 3, maxLength: 3 })).map(([shape, from, length]) => {
      const begin = shape.map((size, axis) => from[axis] % size);
      return { shape, run: (x) => tf.slice(x, begin, shape.map((size, axis) => 1 + (length[axis] % (size - begin[axis])))) };
    }));
  });

  it('splits and joints', () => {
    check(['SplitV', 'Concat'], fc.tuple(shapes(1, 4), fc.nat(3), fc.integer({ min: 1, max: 3 })).map(([shape, at, parts]) => {
      const axis = at % shape.length;
      const whole = shape.map((size, i) => (i === axis ? size * parts : size));
      return { shape: whole, run: (x) => tf.concat(tf.split(x, parts, axis).reverse(), axis) };
    }));
    check(['SplitV', 'Concat'], fc.tuple(shapes(2, 3), fc.nat(2), fc.nat(6)).map(([shape, at, cut]) => {
      const axis = at % shape.length;
      const sizes = [1 + (cut % shape[axis]), shape[axis] + 1 - (1 + (cut % shape[axis]))];
      return { shape: shape.map((size, i) => (i === axis ? size + 1 : size)), run: (x) => tf.concat(tf.split(x, sizes, axis).reverse(), axis) };
    }));
  });

  it('piles', () => {
    check(['Unpack', 'Pack'], fc.tuple(shapes(1, 3), fc.nat(3), fc.nat(3)).map(([shape, from, to]) => ({
      shape,
      run: (x) => tf.stack(tf.unstack(x, from % shape.length).reverse(), to % shape.length),
    })));
  });

  it('repetitions', () => {
    check(['Tile'], fc.tuple(shapes(1, 3), fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 })).map(([shape, times]) => ({ shape, run: (x) => tf.tile(x, shape.map((_, axis) => times[axis])) })));
  });

  it('other orders of two or three axes', () => {
    check(['Transpose'], fc.tuple(shapes(2, 3), fc.nat(5)).map(([shape, which]) => {
      const orders = shape.length === 2 ? [[0, 1], [1, 0]] : [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
      return { shape, run: (x) => tf.transpose(x, orders[which % orders.length]) };
    }));
  });
});
