import { bothPartitions, RANDOM_4 } from './gossip-cells.ts';

export const GOSSIP_CHOCO = bothPartitions({
  name: 'choco', text: 'CHOCO-SGD, the top 1 % of each difference, on a random graph with 4 neighbours each (Koloskova et al. 2019)',
  gossip: { way: { name: 'choco', codec: { name: 'top-k', fraction: 0.01 } }, topology: RANDOM_4 },
});
