/** What gossip is measured against: a coordinator that averages all clients in each round, with the same work of each. */
import { mnistContract } from '../datasets/mnist.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';
import { CELL_MODEL, CELL_ROUNDS, LOCAL_TRAINING, PARTITIONS, PEERS, type PartitionName } from './gossip-cells.ts';

const beside = (of: PartitionName): ScenarioInput => ({
  name: `gossip-fedavg-${of}`,
  description: `FedAvg beside the gossip scenarios, all ${PEERS} clients in each round: MNIST, ${PARTITIONS[of].text}, 2NN, C = 1, E = 1, B = 10`,
  task: {
    model: CELL_MODEL,
    data: mnistContract({ flat: true }),
    algorithm: LOCAL_TRAINING,
    round: { goal: PEERS, minimum: PEERS, overSelection: 1, selectionSeconds: 5 },
  },
  data: { dataset: { name: 'mnist' }, partition: PARTITIONS[of].partition },
  edges: PEERS,
  rounds: CELL_ROUNDS,
});

export const gossipFedavgIid = beside('iid');
export const gossipFedavgNoniid = beside('noniid');
