import { bothPartitions, RANDOM_4 } from './gossip-cells.ts';

/** Graphs from the slowest to the fastest to agree. */
const GRAPHS = [
  { name: 'd-psgd-ring', text: 'D-PSGD on a ring (Lian et al. 2017)', topology: { name: 'ring' } },
  { name: 'd-psgd-torus', text: 'D-PSGD on a torus of 10 × 10 (Lian et al. 2017)', topology: { name: 'torus' } },
  { name: 'd-psgd-random-4', text: 'D-PSGD on a random graph with 4 neighbours each (Lian et al. 2017)', topology: RANDOM_4 },
  { name: 'd-psgd-exponential', text: 'D-PSGD on the one-peer exponential graph (Ying et al. 2021)', topology: { name: 'exponential' } },
] as const;

export const GOSSIP_D_PSGD = GRAPHS.flatMap(({ topology, ...cell }) => bothPartitions({ ...cell, gossip: { way: { name: 'd-psgd' }, topology } }));
