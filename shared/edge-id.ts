/** An edge's id follows from its key: nobody can take another's, and an edge knows its own before it enrols. */
import { sha256Hex } from '#platform/crypto';
import { asEdgeId, type EdgeId } from './ids.ts';

/** @param publicKey Ed25519, 32 bytes */
export function edgeIdOf(publicKey: Uint8Array): EdgeId {
  return asEdgeId(`e${sha256Hex(publicKey).slice(0, 20)}`);
}
