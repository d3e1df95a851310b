import { mnistContract } from '../datasets/mnist.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';

const clients = { data: { dataset: { name: 'mnist' }, partition: { name: 'dirichlet', alpha: 0.5 } }, edges: 100 } as const;
const data = mnistContract({ flat: true });
const round = { goal: 100, minimum: 90, overSelection: 1 } as const;

/** What a hundred clients hold together, without a model. Known of all 60,000 images: a mean of 0.1307 and a deviation of 0.3081. */
export const STATISTICS: readonly ScenarioInput[] = [
  {
    ...clients,
    name: 'statistics-mnist',
    description: 'Pixels and labels of MNIST at 100 clients, Dirichlet(0.5): moments, histogram, quantiles and label distribution by one round of statistics',
    task: {
      data,
      algorithm: {
        name: 'statistics',
        k: 10,
        columns: [
          { column: 'pixels', moments: true, histogram: { from: 0, to: 1, bins: 16 }, quantiles: { at: [0.5, 0.75, 0.9, 0.95, 0.99], least: 0.001, most: 1 } },
          { column: 'label', values: true, distinct: {} },
        ],
      },
      round,
    },
    rounds: 1,
  },
  {
    ...clients,
    name: 'kmeans-mnist',
    description: 'Ten clusters of MNIST at 100 clients, Dirichlet(0.5), by 20 rounds of k-means',
    task: { data, algorithm: { name: 'kmeans', k: 10, clusters: 10 }, round },
    rounds: 20,
  },
];
