import { z } from 'zod';
import type { Topology } from '../topology.ts';

/**
 * One-peer exponential graph (Ying et al. 2021; Assran et al. 2019): in round t each peer sends to the one that is 2^t further,
 * one message a round. A number of peers that is a power of two agrees exactly after log₂ n rounds.
 */
export const exponential: Topology<Record<never, never>> = {
  name: 'exponential',
  config: z.strictObject({}),
  build(peers) {
    const steps = Math.max(1, Math.ceil(Math.log2(Math.max(2, peers))));
    const rounds = Array.from({ length: steps }, (_, step) => Array.from({ length: peers }, (_, peer) => [(peer + 2 ** step) % peers].filter((to) => to !== peer)));
    return { peers, directed: true, rounds };
  },
};
