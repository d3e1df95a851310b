/** Weights that change in the midst of a step: whatever is copied, shared, left out or written in place, the order must hold. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareBackend } from '../../shared/model/backends.ts';
import { wasmKernels } from '../../shared/model/kernels/wasm-backend.ts';
import { createPlan } from '../../shared/model/replay/plan.ts';
import { recordStep } from '../../shared/model/replay/record.ts';
import { currentWasmHeap, heapFloats, type WasmHeap } from '../../shared/model/replay/wasm-heap.ts';
import { keepInPlace } from '../../shared/model/steady-weights.ts';

let heap: WasmHeap;
beforeAll(async () => {
  await prepareBackend('wasm');
  heap = currentWasmHeap() as WasmHeap;
});

interface Parts {
  readonly w: tf.Variable;
  readonly v: tf.Variable;
  readonly x: tf.Tensor1D;
}
type Step = (parts: Parts) => tf.Tensor;

const W = [1, -2, 3, 0.5];
const V = [4, 0.25, -1, 2];
const INPUTS = [[1, 2, 3, 4], [-1, 0.5, 2, -3], [0.25, 8, -2, 1]];

function build(): { w: Parts['w']; v: Parts['v']; state: () => number[]; dispose: () => void } {
  const [w, v] = [W, V].map((values) => tf.tidy(() => tf.variable(tf.tensor1d(values))));
  for (const variable of [w, v]) keepInPlace(variable);
  return { w, v, state: () => [...w.dataSync(), ...v.dataSync()], dispose: () => tf.dispose([w, v]) };
}

/** Loss and weights after each of a few steps, done as they are. */
function ordinarily(step: Step): number[][] {
  const { w, v, state, dispose } = build();
  const seen = INPUTS.map((values) => {
    const loss = tf.tidy(() => step({ w, v, x: tf.tensor1d(values) }).dataSync()[0]);
    return [loss, ...state()];
  });
  dispose();
  return seen;
}

function replayed(step: Step, simd: boolean): number[][] {
  const { w, v, state, dispose } = build();
  const [x, labels, rate] = [tf.tensor1d(INPUTS[1]), tf.tensor1d([0], 'int32'), tf.scalar(1)];
  const recording = recordStep(heap, { weights: [w, v], batch: { x, labels }, rate, noise: { present: false, watcher: null, reseed: () => undefined } }, () => tf.tidy(() => step({ w, v, x }) as tf.Scalar));
  recording.loss.dispose();
  if (recording.program === null) throw new Error(recording.reason ?? '');
  const plan = createPlan(recording.program, { heap, kernels: simd ? wasmKernels(heap) : null, weights: [w, v] });
  if (typeof plan === 'string') throw new Error(plan);
  tf.tidy(() => {
    w.assign(tf.tensor1d(W));
    v.assign(tf.tensor1d(V));
  });
  const seen = INPUTS.map((values) => {
    heapFloats(heap, plan.given.x, 4).set(values);
    const loss = plan.run();
    return [loss, ...state()];
  });
  plan.dispose();
  tf.dispose([x, labels, rate]);
  dispose();
  return seen;
}

const steps: Record<string, Step> = {
  'a copy outlives the weight’s old values': ({ w, x }) => {
    const old = w.clone();
    w.assign(tf.add(w, x));
    return tf.sum(tf.mul(old, x));
  },
  'a copy of a copy, and a part of it, outlive them': ({ w, x }) => {
    const old = tf.slice(tf.reshape(w.clone(), [2, 2]), [1, 0], [1, 2]);
    w.assign(tf.add(w, x));
    return tf.add(tf.sum(old), tf.sum(w));
  },
  'the same calculation gives something else after an assignment': ({ w, x }) => {
    const before = tf.mul(w, x);
    w.assign(tf.add(w, 1));
    return tf.sum(tf.sub(tf.mul(w, x), tf.mul(before, 3)));
  },
  'the old values are read once more after the new ones were computed': ({ w, x }) => {
    const next = tf.mul(w, x);
    const loss = tf.sum(tf.mul(w, 3));
    w.assign(next);
    return loss;
  },
  'new values are read again after the next assignment': ({ w, x }) => {
    const first = tf.add(w, x);
    w.assign(first);
    w.assign(tf.mul(w, 0.5));
    return tf.sum(tf.mul(first, x));
  },
  'two weights change places': ({ w, v, x }) => {
    const [a, b] = [w.clone(), v.clone()];
    w.assign(b);
    v.assign(a);
    return tf.sum(tf.mul(w, x));
  },
  'two weights become the same': ({ w, v, x }) => {
    const both = tf.mul(tf.add(w, v), x);
    w.assign(both);
    v.assign(both);
    return tf.sum(both);
  },
  'and one of them moves on': ({ w, v, x }) => {
    const both = tf.mul(tf.add(w, v), x);
    w.assign(both);
    w.assign(tf.sub(w, 1));
    v.assign(both);
    return tf.sum(tf.sub(w, v));
  },
  'a weight is scaled by its own first value': ({ w, x }) => {
    w.assign(tf.mul(tf.mul(w, tf.slice(w, [0], [1])), 0.5));
    return tf.sum(tf.mul(w, x));
  },
  'a weight is scaled by its own first value, at once': ({ w, x }) => {
    w.assign(tf.mul(w, tf.slice(w, [0], [1])));
    return tf.sum(tf.mul(w, x));
  },
  'a result is scaled by its own last value': ({ w, x }) => {
    const doubled = tf.mul(x, 2);
    return tf.sum(tf.mul(tf.mul(doubled, tf.slice(doubled, [3], [1])), w));
  },
  'a result is added to its own first half': ({ w, x }) => {
    const doubled = tf.mul(tf.reshape(x, [2, 2]), 2);
    return tf.sum(tf.mul(tf.reshape(tf.add(doubled, tf.slice(doubled, [0, 0], [1, 2])), [4]), w));
  },
  'a weight becomes a part of what was computed': ({ w, x }) => {
    w.assign(tf.slice(tf.concat([x, tf.mul(w, 2), x]), [4], [4]));
    return tf.sum(w);
  },
  'a weight stays what it is': ({ w, x }) => {
    w.assign(w.clone());
    return tf.sum(tf.mul(w, x));
  },
  'the loss itself is a weight’s new value': ({ w, v, x }) => {
    const loss = tf.sum(tf.mul(w, x));
    v.assign(tf.mul(tf.ones([4]), loss));
    return loss;
  },
  'a weight descends along its own product with itself': ({ w, x }) => {
    const square = tf.reshape(tf.matMul(tf.reshape(w, [2, 2]), tf.reshape(w, [2, 2])), [4]);
    w.assign(tf.sub(w, tf.mul(square, tf.scalar(0.25))));
    return tf.sum(tf.mul(w, x));
  },
  'a weight descends along a product of what is computed, and is read behind it': ({ w, v, x }) => {
    const moved = tf.sub(w, tf.mul(tf.reshape(tf.matMul(tf.reshape(tf.add(x, 1), [2, 2]), tf.reshape(v, [2, 2])), [4]), tf.scalar(0.25)));
    const loss = tf.sum(w);
    w.assign(moved);
    return loss;
  },
  'a weight descends along another one, which changes first': ({ w, v, x }) => {
    const scaled = tf.mul(v, tf.scalar(0.25));
    v.assign(tf.add(v, x));
    w.assign(tf.sub(w, scaled));
    return tf.sum(tf.mul(w, v));
  },
  'a weight descends along a product, and its old values are read behind it': ({ w, v, x }) => {
    const moved = tf.sub(w, tf.mul(tf.reshape(tf.matMul(tf.reshape(x, [2, 2]), tf.reshape(v, [2, 2])), [4]), tf.scalar(0.25)));
    const loss = tf.sum(w);
    w.assign(moved);
    return loss;
  },
};

describe('a replayed step holds the order where', () => {
  it.each(Object.entries(steps))('%s', (_, step) => {
    const expected = ordinarily(step);
    expect(replayed(step, false)).toEqual(expected);
    expect(replayed(step, true)).toEqual(expected);
  });
});
