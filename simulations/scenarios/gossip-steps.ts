/**
 * CHOCO-SGD where its paper has it, with a letter after every step of SGD, beside D-PSGD that does the same (docs/results-gossip.md):
 * what a peer has moved since its last letter is then little, and the top 1 % of it carries enough.
 */
import { mnistContract } from '../datasets/mnist.ts';
import type { GossipScenarioInput } from '../scenario/gossip-scenario.ts';
import { CELL_MODEL, PARTITIONS, RANDOM_4 } from './gossip-cells.ts';

const PEERS = 32;
const STEPS = 1000;

const WAYS = [
  { name: 'd-psgd', text: 'D-PSGD', way: { name: 'd-psgd' } },
  { name: 'choco', text: 'CHOCO-SGD, the top 1 % of each difference', way: { name: 'choco', codec: { name: 'top-k', fraction: 0.01 } } },
] as const;

export const GOSSIP_STEPS: readonly GossipScenarioInput[] = WAYS.map(({ name, text, way }) => ({
  name: `gossip-steps-${name}`,
  description: `${text}, a letter after every step: ${PEERS} peers on MNIST, IID, 2NN, B = 10, a random graph with 4 neighbours each, ${STEPS} steps`,
  task: {
    mode: 'gossip',
    model: CELL_MODEL,
    data: mnistContract({ flat: true }),
    algorithm: { name: 'fedavg', steps: 1, batchSize: 10, learningRate: { schedule: 'cosine', initial: 0.2, rounds: STEPS } },
    gossip: { way, topology: RANDOM_4, minimumPeers: PEERS, evaluateEvery: 0 },
  },
  data: { dataset: { name: 'mnist' }, partition: PARTITIONS.iid.partition },
  edges: PEERS,
  rounds: STEPS,
  evaluation: { everyRounds: 100 },
}));
