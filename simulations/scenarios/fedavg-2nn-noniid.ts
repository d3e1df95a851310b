import { paper2nn } from './fedavg-paper.ts';

/** Table 1, 2NN, non-IID, B = 10, C = 0.1: 664 rounds in the paper. */
export const fedavg2nnNoniid = paper2nn({
  name: 'fedavg-2nn-noniid',
  description: 'FedAvg on MNIST, 2NN, 100 clients of two shards each (pathologically non-IID), C = 0.1, E = 1, B = 10 (McMahan et al. 2017, table 1)',
  partition: { name: 'shards' },
  learningRate: 0.1,
  rounds: 1500,
});
