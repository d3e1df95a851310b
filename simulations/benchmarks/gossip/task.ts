/** The task of the benchmark: exact averaging in one group of a model that is nothing but its layout. */
import { parseGossipTask } from '../../../shared/task/parse-task-spec.ts';
import type { GossipTask } from '../../../shared/task/task-spec.ts';

/** @param patienceMs after which a peer that sends nothing is given up, and the round counts as not completed */
export const gossipBenchTask = (peers: number, patienceMs: number): GossipTask => parseGossipTask({
  name: 'bench',
  mode: 'gossip',
  model: { topology: { class_name: 'Sequential', config: {} }, loss: 'meanSquaredError' },
  data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'numeric', column: 'y' } },
  algorithm: { name: 'fedavg', epochs: 1, batchSize: 10, learningRate: 0.1 },
  gossip: { way: { name: 'group-average', groupSize: peers }, minimumPeers: peers, patienceSeconds: patienceMs / 1000 },
});
