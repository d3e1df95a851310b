/** Checkpoints that several edges of one process were handed as the same bytes: decoded once for all of them. */
import type { ServerState } from '../../shared/algorithms/algorithm.ts';
import { decodeCheckpoint, decodeServerState } from '../../shared/tensors/checkpoint.ts';
import type { Layout } from '../../shared/tensors/layout.ts';

interface Decoded {
  readonly layout: Layout;
  readonly values: Float32Array;
}

/** What a digest names does not change, so neither does what its bytes decode to. */
const known = new WeakMap<Uint8Array, Decoded>();

/** The weights, not to be changed. @param bytes verified against their digest. @throws as `decodeCheckpoint` */
export function weightsOf(bytes: Uint8Array, layout: Layout): Float32Array {
  const decoded = known.get(bytes);
  if (decoded?.layout.digest === layout.digest) return decoded.values;
  const { values } = decodeCheckpoint(bytes, layout).parameters;
  known.set(bytes, { layout, values });
  return values;
}

const knownVectors = new WeakMap<Uint8Array, ServerState['vectors']>();

/** The vectors of a server state, not to be changed. @param bytes verified against their digest. @throws bad_frame */
export function vectorsOf(bytes: Uint8Array): ServerState['vectors'] {
  const decoded = knownVectors.get(bytes);
  if (decoded !== undefined) return decoded;
  const { vectors } = decodeServerState(bytes, new Float32Array(0));
  knownVectors.set(bytes, vectors);
  return vectors;
}
