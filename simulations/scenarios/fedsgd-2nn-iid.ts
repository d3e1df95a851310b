import { mnistContract } from '../datasets/mnist.ts';
import { mlp2nn } from '../models/mlp-2nn.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';
import { PAPER_ROUND } from './fedavg-paper.ts';

/** Table 1, 2NN, IID, E = 1, B = ∞ (FedSGD), C = 0.1: 1474 rounds in the paper. */
export const fedsgd2nnIid: ScenarioInput = {
  name: 'fedsgd-2nn-iid',
  description: 'FedSGD on MNIST, 2NN, 100 IID clients of 600 examples, C = 0.1: one gradient over all of a client’s examples a round (McMahan et al. 2017, table 1)',
  task: {
    model: { topology: mlp2nn(), loss: 'categoricalCrossentropy', seed: 1 },
    data: mnistContract({ flat: true }),
    algorithm: { name: 'fedsgd', server: { name: 'sgd', learningRate: 0.5 } },
    round: PAPER_ROUND,
  },
  data: { dataset: { name: 'mnist' }, partition: { name: 'iid' } },
  edges: 100,
  target: 0.97,
  rounds: 3000,
};
