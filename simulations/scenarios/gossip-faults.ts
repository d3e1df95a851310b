/** What breaks among peers, each beside the same run without: churn in a mesh, a torus cut in halves, letters lost. */
import type { GossipScenarioInput } from '../scenario/gossip-scenario.ts';
import { gossipCell, RANDOM_4 } from './gossip-cells.ts';

/** A round takes six seconds, so that minutes matter to a run. */
const SLOW = { kind: 'real', stepCost: 100 } as const;
const PATIENCE = { patienceSeconds: 10 } as const;

const mesh = gossipCell({ name: 'mesh', text: 'D-PSGD in a mesh that peers make by themselves, 4 neighbours each, rounds of six seconds', gossip: { way: { name: 'd-psgd' }, topology: { name: 'overlay', degree: 4 }, ...PATIENCE } }, 'iid');
const torus = gossipCell({ name: 'partition', text: 'D-PSGD on a torus that falls into two halves for a third of the run; when it has healed nobody learns, so that one sees how fast they agree', gossip: { way: { name: 'd-psgd' }, topology: { name: 'torus' }, ...PATIENCE } }, 'iid');
const lossy = gossipCell({ name: 'lossy', text: 'Push-sum with one letter of five lost', gossip: { way: { name: 'push-sum' }, topology: RANDOM_4 } }, 'iid');

/** Newcomers begin as soon as they know a few: so many as are there at the start need never be there again. */
export const gossipMesh: GossipScenarioInput = { ...mesh, name: 'gossip-mesh', training: SLOW, rounds: 30, task: { ...mesh.task, gossip: { ...mesh.task.gossip, minimumPeers: 20 } } };

export const gossipChurn: GossipScenarioInput = {
  ...gossipMesh,
  name: 'gossip-churn',
  description: `${mesh.description}; each minute 10 % of the peers leave without a word, and 10 % arrive`,
  faults: { churn: { leavePerMinute: 0.1, arrivePerMinute: 0.1 } },
};

export const gossipPartition: GossipScenarioInput = {
  ...torus,
  name: 'gossip-partition',
  rounds: 39,
  faults: { partition: { fromRound: 13, untilRound: 26 }, learningPaused: { fromRound: 26, untilRound: 39 } },
};

export const gossipLossy: GossipScenarioInput = { ...lossy, name: 'gossip-lossy', faults: { lostLetters: 0.2 } };
