import { paperCnn } from './fedavg-paper.ts';

/** Table 1, CNN, non-IID, E = 5, B = 10, C = 0.1: 206 rounds in the paper. Takes hours: it can be interrupted and goes on. */
export const fedavgCnnNoniid = paperCnn({
  name: 'fedavg-cnn-noniid',
  description: 'FedAvg on MNIST, CNN, 100 clients of two shards each (pathologically non-IID), C = 0.1, E = 5, B = 10 (McMahan et al. 2017, table 1); takes hours',
  partition: { name: 'shards' },
  learningRate: 0.05,
  rounds: 600,
});
