/** Federated evaluation: how often, and how finely, the edges of a task judge its versions on what they hold back themselves. */
import { z } from 'zod';

export const EvaluationSettings = z.strictObject({
  /** A version is judged where its number is a multiple of this, version 0 among them, by those edges that go on from it. */
  everyVersions: z.int().positive().default(1),
  /** Of the histogram over edges: tenths of the edges are known to within one bin. */
  bins: z.int().min(2).max(1000).default(50),
  /** Whether results are told by groups of edges, too: by platform and backend, by region, or by the class of which an edge holds most examples. */
  by: z.enum(['deviceClass', 'region', 'label']).nullable().default(null),
  /** The regions that are told apart where it goes by region, as edges' owners name them; all others are one group. */
  regions: z.array(z.string().min(1).max(64)).max(1000).default([]),
  /** Nothing is told of fewer edges than this, neither of all nor of a group. */
  minimumEdges: z.int().positive().default(1),
  /**
   * Whether edges judge what the version becomes when they train it further on their own examples, beside the version itself; what they learn so
   * is forgotten again. null: not.
   */
  personalise: z.strictObject({ epochs: z.int().positive().default(1), batchSize: z.int().positive().nullable().default(32), learningRate: z.number().positive() }).nullable().default(null),
});
export type EvaluationSettings = z.infer<typeof EvaluationSettings>;
