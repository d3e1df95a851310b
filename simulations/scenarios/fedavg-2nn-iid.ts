import { paper2nn } from './fedavg-paper.ts';

/** Table 1, 2NN, IID, B = 10, C = 0.1: 87 rounds in the paper. */
export const fedavg2nnIid = paper2nn({
  name: 'fedavg-2nn-iid',
  description: 'FedAvg on MNIST, 2NN, 100 IID clients of 600 examples, C = 0.1, E = 1, B = 10 (McMahan et al. 2017, table 1)',
  partition: { name: 'iid' },
  // The best of five: docs/results-fedavg.md.
  learningRate: 0.2,
  rounds: 300,
});
