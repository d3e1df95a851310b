import { bothPartitions, RANDOM_4 } from './gossip-cells.ts';

export const GOSSIP_EPIDEMIC = bothPartitions({
  name: 'epidemic', text: 'Models on random walks, merged by age, on a random graph with 4 neighbours each (gossip learning, Ormándi et al. 2013)',
  gossip: { way: { name: 'epidemic' }, topology: RANDOM_4 },
});
