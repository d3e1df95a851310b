import { z } from 'zod';
import { linksBetween, type Topology } from '../topology.ts';

/** Peer 0 with everybody else: what a coordinator would be, without one's rights. */
export const star: Topology<Record<never, never>> = {
  name: 'star',
  config: z.strictObject({}),
  build: (peers) => ({ peers, directed: false, rounds: [linksBetween(peers, Array.from({ length: Math.max(0, peers - 1) }, (_, i) => [0, i + 1] as const))] }),
};
