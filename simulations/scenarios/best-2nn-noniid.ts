import { paper2nn } from './fedavg-paper.ts';

/** The row of `fedavg-2nn-noniid` (664 rounds in the paper, about 195 here), with the server's momentum: the fewest rounds of what was tried (docs/results-fedavg.md). */
export const best2nnNoniid = paper2nn({
  name: 'best-2nn-noniid',
  description: 'FedAvgM, server momentum, on MNIST, 2NN, 100 clients of two shards each (pathologically non-IID), C = 0.1, E = 1, B = 10 (Reddi et al. 2021; Hsu et al. 2019)',
  partition: { name: 'shards' },
  learningRate: 0.1,
  server: { name: 'sgd', learningRate: 1, momentum: 0.7 },
  rounds: 600,
});
