/** How patient a mesh is, in milliseconds of its clock. */
export interface MeshTimes {
  /** Between two ticks of membership, on the average; at the beginning they come ten times as often. */
  readonly tickMs: number;
  /** Silence after which a peer is asked for a sign of life, and after which it is dead. A peer that trains may be deaf for seconds. */
  readonly quietMs: number;
  readonly deadMs: number;
  /** Until a call is answered at all, and until it has led to a channel. */
  readonly answerMs: number;
  readonly openMs: number;
  /** Without use, of a channel to a peer that is no neighbour. */
  readonly idleMs: number;
  /** For goodbyes to go out. */
  readonly goodbyeMs: number;
}

export const MESH_TIMES: MeshTimes = { tickMs: 5_000, quietMs: 4_000, deadMs: 20_000, answerMs: 10_000, openMs: 30_000, idleMs: 60_000, goodbyeMs: 1_000 };
