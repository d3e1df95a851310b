/** Peers that learn among themselves. */
import { modelFreeOf } from '../../algorithms/model-free.ts';
import { ALGORITHM_NAMES, findAlgorithm } from '../../algorithms/registry.ts';
import { boundsNorms, needsMutualLinks, sendsModels } from '../../gossip/registry.ts';
import { isOneWay } from '../../topology/registry.ts';
import type { GossipTask } from '../task-spec.ts';
import { waitsForNobody } from './facts.ts';
import type { CompatibilityRule } from './rule.ts';

/** Looked at before the schema, too, which asks a task in gossip mode for a model. */
export const NOTHING_TO_AVERAGE: CompatibilityRule<Pick<GossipTask, 'algorithm'>> = {
  path: 'algorithm.name',
  parts: 'peers and an algorithm that trains no model',
  excluded: ({ algorithm }) => ALGORITHM_NAMES.includes(algorithm.name) && modelFreeOf({ algorithm }) !== null,
  reason: 'peers average models, and nobody among them would publish a result',
  alternative: 'use the mode federated, or an algorithm that trains (fedavg)',
};

export const GOSSIP_RULES: readonly CompatibilityRule<GossipTask>[] = [
  {
    path: 'algorithm.name',
    parts: 'a buffer of reports and peers that learn among themselves',
    excluded: waitsForNobody,
    reason: 'the buffer is a coordinator’s, and a peer goes on from its own model',
    alternative: 'use the algorithm fedavg and the way epidemic, in which peers wait for nobody either, or the mode federated',
  },
  {
    path: 'algorithm.name',
    parts: 'peers without a coordinator and an algorithm that gives each edge a model of its own',
    excluded: ({ algorithm }) => ALGORITHM_NAMES.includes(algorithm.name) && findAlgorithm(algorithm.name).personal !== undefined,
    reason: 'peers average their whole models with their neighbours, and each has its own as it is',
    alternative: 'use fedavg, or let a coordinator lead the rounds (mode federated)',
  },
  NOTHING_TO_AVERAGE,
  {
    path: 'algorithm.name',
    parts: 'an algorithm that compares an edge with all others and peers without a server',
    excluded: ({ algorithm }) => ALGORITHM_NAMES.includes(algorithm.name) && findAlgorithm(algorithm.name).needs.edgeState && findAlgorithm(algorithm.name).personal === undefined,
    reason: 'a peer runs the server’s half over its own report alone, and there is nobody to differ from',
    alternative: 'use fedavg or fedprox, or mode "federated"',
  },
  {
    path: 'gossip.robust.clip',
    parts: 'self-centered clipping and a way whose letters hold no model',
    excluded: ({ gossip }) => gossip.robust.clip !== null && !sendsModels(gossip.way.name),
    reason: 'it measures how far a neighbour’s model lies from one’s own',
    alternative: 'use the way d-psgd or epidemic, or set gossip.robust.clip to null',
  },
  {
    path: 'limits.maxNorm',
    parts: 'a largest norm and a way whose letters hold no model',
    excluded: ({ gossip, limits }) => limits.maxNorm !== null && !boundsNorms(gossip.way.name),
    reason: 'running sums grow without end, and the norm of a difference says nothing of the model’s',
    alternative: 'use the way d-psgd, epidemic or group-average, or set limits.maxNorm to null',
  },
  {
    path: 'gossip.topology',
    parts: 'a graph of one-way links and a way whose letters are answered in the same round',
    excluded: ({ gossip }) => isOneWay(gossip.topology.name) && needsMutualLinks(gossip.way.name),
    reason: 'a peer would wait for letters that nobody sends',
    alternative: 'use the way d-psgd or push-sum, or another graph',
  },
];
