/** What the scenarios of docs/results-gossip.md share: 100 peers on MNIST, the 2NN, E = 1, B = 10, two ways of dealing the examples out. */
import type { GossipTaskInput } from '../../shared/task/task-spec.ts';
import { mnistContract } from '../datasets/mnist.ts';
import { mlp2nn } from '../models/mlp-2nn.ts';
import type { PartitionSpecInput } from '../partitioners/registry.ts';
import type { GossipScenarioInput } from '../scenario/gossip-scenario.ts';

export const PARTITIONS = {
  iid: { partition: { name: 'iid' }, text: 'IID' },
  noniid: { partition: { name: 'dirichlet', alpha: 0.5, minimum: 10 }, text: 'Dirichlet(0.5)' },
} as const satisfies Readonly<Record<string, { readonly partition: PartitionSpecInput; readonly text: string }>>;
export type PartitionName = keyof typeof PARTITIONS;

export const PEERS = 100;
/** FedAvg with all of the clients has flattened by then. */
export const CELL_ROUNDS = 50;
/** The best of three for FedAvg and for D-PSGD, and taken for all: docs/results-gossip.md. */
export const LOCAL_TRAINING = { name: 'fedavg', epochs: 1, batchSize: 10, learningRate: 0.2 } as const;
export const CELL_MODEL = { topology: mlp2nn(), loss: 'categoricalCrossentropy', seed: 1 } as const;
export const RANDOM_4 = { name: 'random-regular', degree: 4 } as const;

export interface GossipCell {
  /** Behind `gossip-`, before the partition's. */
  readonly name: string;
  /** The way and its paper. */
  readonly text: string;
  readonly gossip: NonNullable<GossipTaskInput['gossip']>;
}

/** `gossip-NAME-iid` or `gossip-NAME-noniid`. */
export function gossipCell({ name, text, gossip }: GossipCell, of: PartitionName): GossipScenarioInput {
  return {
    name: `gossip-${name}-${of}`,
    description: `${text}: ${PEERS} peers on MNIST, ${PARTITIONS[of].text}, 2NN, E = 1, B = 10, no coordinator`,
    task: {
      mode: 'gossip',
      model: CELL_MODEL,
      data: mnistContract({ flat: true }),
      algorithm: LOCAL_TRAINING,
      gossip: { ...gossip, minimumPeers: PEERS, evaluateEvery: 0 },
    },
    data: { dataset: { name: 'mnist' }, partition: PARTITIONS[of].partition },
    edges: PEERS,
    rounds: CELL_ROUNDS,
    evaluation: { everyRounds: 2 },
  };
}

export const bothPartitions = (cell: GossipCell): readonly GossipScenarioInput[] => [gossipCell(cell, 'iid'), gossipCell(cell, 'noniid')];
