import { z } from 'zod';
import { linksBetween, type Topology } from '../topology.ts';

/** Each peer has the one before it and the one behind it. Agreement takes some n² rounds. */
export const ring: Topology<Record<never, never>> = {
  name: 'ring',
  config: z.strictObject({}),
  build: (peers) => ({ peers, directed: false, rounds: [linksBetween(peers, Array.from({ length: peers }, (_, peer) => [peer, (peer + 1) % peers] as const))] }),
};
