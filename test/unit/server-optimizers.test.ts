/** The server optimizers through their registry, on vectors longer than a block and of odd length. */
import { describe, expect, it } from 'vitest';
import { initOptimizer, OptimizerConfig, stepOptimizer } from '../../shared/algorithms/optimizers/registry.ts';
import { createRandom } from '../../shared/random.ts';

const SIZE = 9001;
const random = createRandom(9);
const vector = (): Float32Array => Float32Array.from({ length: SIZE }, () => random.normal());
const initial = vector();
const gradients = [vector(), vector(), vector()];
const f = Math.fround;

/** One weight's path, from the papers' formulas: everything kept is float32, the arithmetic float64. */
type Path = (w: number, gradients: readonly number[]) => number;

const paths: Readonly<Record<string, { config: OptimizerConfig; path: Path }>> = {
  sgd: {
    config: OptimizerConfig.parse({ name: 'sgd', learningRate: 0.5 }),
    path: (w, all) => all.reduce((at, g) => f(at - 0.5 * g), w),
  },
  momentum: {
    config: OptimizerConfig.parse({ name: 'sgd', learningRate: 0.5, momentum: 0.9 }),
    path: (w, all) => {
      let velocity = 0;
      for (const g of all) {
        velocity = f(0.9 * velocity + g);
        w = f(w - 0.5 * velocity);
      }
      return w;
    },
  },
  adagrad: {
    config: OptimizerConfig.parse({ name: 'adagrad', learningRate: 0.3 }),
    path: (w, all) => {
      let v = f(1e-3 ** 2);
      for (const g of all) {
        v = f(v + g * g);
        w = f(w - (0.3 * g) / (Math.sqrt(v) + 1e-3));
      }
      return w;
    },
  },
  adam: {
    config: OptimizerConfig.parse({ name: 'adam', beta1: 0.8 }),
    path: (w, all) => {
      let [m, v] = [0, f(1e-3 ** 2)];
      for (const g of all) {
        m = f(0.8 * m + (1 - 0.8) * g);
        v = f(0.99 * v + (1 - 0.99) * (g * g));
        w = f(w - (0.01 * m) / (Math.sqrt(v) + 1e-3));
      }
      return w;
    },
  },
  yogi: {
    config: OptimizerConfig.parse({ name: 'yogi', learningRate: 0.1 }),
    path: (w, all) => {
      let [m, v] = [0, f(1e-3 ** 2)];
      for (const g of all) {
        m = f(0.9 * m + (1 - 0.9) * g);
        v = f(v - (1 - 0.99) * Math.sign(v - g * g) * (g * g));
        w = f(w - (0.1 * m) / (Math.sqrt(v) + 1e-3));
      }
      return w;
    },
  },
};

describe.each(Object.entries(paths))('%s', (_name, { config, path }) => {
  it('takes each weight where its formula says, over three steps', () => {
    let state = initOptimizer(initial, config);
    for (const gradient of gradients) state = stepOptimizer(state, gradient, 1, config);
    const expected = initial.map((w, i) => path(w, gradients.map((gradient) => gradient[i])));
    expect(state.parameters).toEqual(expected);
  });

  it('goes the other way at scale −1, as FedAvg asks it to with its mean delta', () => {
    const forwards = stepOptimizer(initOptimizer(initial, config), gradients[0], 1, config);
    const backwards = stepOptimizer(initOptimizer(initial, config), gradients[0].map((g) => -g), -1, config);
    expect(backwards.parameters).toEqual(forwards.parameters);
  });

  it('is pure: the old state stays what it was', () => {
    const first = stepOptimizer(initOptimizer(initial, config), gradients[0], 1, config);
    const before = structuredClone(first);
    const again = [stepOptimizer(first, gradients[1], 1, config), stepOptimizer(first, gradients[1], 1, config)];
    expect(first).toEqual(before);
    expect(again[0]).toEqual(again[1]);
  });
});
