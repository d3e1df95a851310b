/** How the peers of a gossip task come together: whom they average with, in which way, and how they guard against each other. */
import { z } from 'zod';
import { TopologySpec } from '../topology/registry.ts';

/** Neighbours that each peer finds and keeps by itself, in a mesh that heals; what a live swarm uses unless its peers are listed. */
const Overlay = z.strictObject({
  name: z.literal('overlay'),
  /** Neighbours that a peer aims to have. */
  degree: z.int().min(2).max(32).default(4),
});

export const GossipSettings = z.strictObject({
  /** One of `shared/gossip/ways`, with its settings. */
  way: z.looseObject({ name: z.string() }).default({ name: 'd-psgd' }),
  /** `overlay`, or a graph over peers that are known from the start. */
  topology: z.union([Overlay, TopologySpec]).default({ name: 'overlay', degree: 4 }),
  /** Peers that a peer waits for, itself included, before its first round. */
  minimumPeers: z.int().min(1).max(10_000).default(2),
  /** How long a turn waits at most for a neighbour that shows signs of life and sends nothing; seconds. */
  patienceSeconds: z.number().positive().max(3600).default(30),
  /** Evaluated on the peer's own held-out examples every so many rounds; 0: never. */
  evaluateEvery: z.int().nonnegative().default(1),
  robust: z
    .strictObject({
      /**
       * Self-centered clipping (He, Karimireddy, Jaggi 2022): a neighbour moves a peer by no more than if its model lay at
       * this distance. A number: the distance; `auto`: the median of the neighbours' distances of that turn; null: not clipped.
       */
      clip: z.union([z.number().positive(), z.literal('auto')]).nullable().default(null),
      /** Letters refused (not finite, too long, malformed) after which a neighbour is let go for good. */
      strikes: z.int().positive().default(3),
    })
    .prefault({}),
});
export type GossipSettings = z.infer<typeof GossipSettings>;
