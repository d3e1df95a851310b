import { paperCnn } from './fedavg-paper.ts';

/** Tables 1 and 2, CNN, IID, E = 5, B = 10, C = 0.1: 18 and 20 rounds in the paper. */
export const fedavgCnnIid = paperCnn({
  name: 'fedavg-cnn-iid',
  description: 'FedAvg on MNIST, CNN, 100 IID clients of 600 examples, C = 0.1, E = 5, B = 10 (McMahan et al. 2017, table 1)',
  partition: { name: 'iid' },
  learningRate: 0.1,
  rounds: 100,
});
