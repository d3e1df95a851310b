import { bothPartitions, RANDOM_4 } from './gossip-cells.ts';

/** Ten by ten: after two rounds without learning all would hold the mean of all. */
export const GOSSIP_GROUP = bothPartitions({
  name: 'group', text: 'Exact averages in groups of ten, others each round (Moshpit SGD, Ryabinin et al. 2021)',
  // Groups are made of all who are known; whom a peer is introduced to at first has no part in them.
  gossip: { way: { name: 'group-average', groupSize: 10 }, topology: RANDOM_4 },
});
