import { bothPartitions, RANDOM_4 } from './gossip-cells.ts';

export const GOSSIP_PUSH_SUM = bothPartitions({
  name: 'push-sum', text: 'Push-sum over one-way letters with running sums, on a random graph with 4 neighbours each (SGP, Assran et al. 2019)',
  gossip: { way: { name: 'push-sum' }, topology: RANDOM_4 },
});
