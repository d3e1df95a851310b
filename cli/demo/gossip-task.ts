/** The demo's task in gossip mode: the FedAvg paper's 2NN on MNIST, dealt out unevenly, learned by peers among themselves. */
import type { GossipTaskInput } from '../../shared/task/task-spec.ts';
import { mnistContract } from '../../simulations/datasets/mnist.ts';
import { mlp2nn } from '../../simulations/models/mlp-2nn.ts';
import { DEMO_MOST_ROUNDS } from './demo-task.ts';

export const GOSSIP_DEMO_TASK = 'mnist-gossip';
/** Of the mean of the peers' models, on the 10,000 test digits, which no peer holds. */
export const GOSSIP_DEMO_TARGET = 0.95;

export function gossipDemoTask(options: { readonly peers: number; readonly rounds: number | null }): GossipTaskInput {
  return {
    name: GOSSIP_DEMO_TASK,
    description: 'Handwritten digits: the 2NN of McMahan et al. (2017) by gossip, no coordinator in the loop, MNIST dealt out by Dirichlet(0.5)',
    mode: 'gossip',
    model: { topology: mlp2nn(), loss: 'categoricalCrossentropy', seed: 1 },
    // Each peer evaluates on a tenth of its own digits.
    data: mnistContract({ flat: true, validation: { fraction: 0.1, seed: 1 } }),
    algorithm: { name: 'fedavg', epochs: 1, batchSize: 20, learningRate: 0.1 },
    gossip: { topology: { name: 'overlay', degree: 4 }, minimumPeers: Math.min(options.peers, Math.max(2, Math.ceil(options.peers / 2))) },
    // No accuracy: a peer that stopped where its own easy part is read well would leave the others without its digits.
    stop: { rounds: options.rounds ?? DEMO_MOST_ROUNDS },
  };
}
