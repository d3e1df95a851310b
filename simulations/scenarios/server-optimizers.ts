/**
 * What the server does with the mean (docs/results-optimizers.md): the FedAvg paper's 2NN on MNIST, a hundred edges of two shards each, and each of the
 * server optimizers of Hsu et al. 2019 and Reddi et al. 2021 beside FedAvg. The rates are the best of a sweep with seed 1.
 */
import type { ScenarioInput } from '../scenario/scenario.ts';
import { paper2nn } from './fedavg-paper.ts';

const SERVERS: readonly { readonly name: string; readonly text: string; readonly server: Readonly<Record<string, unknown>> }[] = [
  { name: 'fedavg', text: 'FedAvg', server: { name: 'sgd', learningRate: 1 } },
  { name: 'fedavgm', text: 'FedAvgM', server: { name: 'sgd', learningRate: 1, momentum: 0.7 } },
  { name: 'fedadagrad', text: 'FedAdagrad', server: { name: 'adagrad', learningRate: 0.03 } },
  { name: 'fedadam', text: 'FedAdam', server: { name: 'adam', learningRate: 0.01 } },
  { name: 'fedyogi', text: 'FedYogi', server: { name: 'yogi', learningRate: 0.01 } },
];

/** `optimizer-fedavg` to `optimizer-fedyogi`. */
export const SERVER_OPTIMIZERS: readonly ScenarioInput[] = SERVERS.map(({ name, text, server }) =>
  paper2nn({
    name: `optimizer-${name}`,
    description: `${text}: MNIST, 2NN, 100 clients of two shards each, C = 0.1, E = 1, B = 10`,
    partition: { name: 'shards' },
    learningRate: 0.1,
    server,
    rounds: 400,
  }));
