import { z } from 'zod';
import type { Topology } from '../topology.ts';

/** Everybody with everybody: one round agrees, at n messages a peer. */
export const complete: Topology<Record<never, never>> = {
  name: 'complete',
  config: z.strictObject({}),
  build(peers) {
    const all = Array.from({ length: peers }, (_, peer) => peer);
    return { peers, directed: false, rounds: [all.map((peer) => all.filter((other) => other !== peer))] };
  },
};
