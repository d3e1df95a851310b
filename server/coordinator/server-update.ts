/** The updating phase: the server half of the algorithm, and the new version stored as blobs. */
import type { Algorithm, ServerState } from '../../shared/algorithms/algorithm.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { Digest } from '../../shared/ids.ts';
import type { MergedStatistic } from '../../shared/statistics/statistic.ts';
import { createParameters, type Layout } from '../../shared/tensors/layout.ts';
import { encodeCheckpoint, encodeServerState } from '../../shared/tensors/checkpoint.ts';
import type { BlobStore } from '../storage/blobs.ts';

export interface StoredVersion {
  readonly state: ServerState;
  readonly checkpoint: Digest;
  readonly bytes: number;
  readonly serverState: Digest;
}

/** Runs the server half. @throws not_finite when what comes out is no model any more. */
export function computeUpdate(algorithm: Algorithm, config: unknown, state: ServerState, merged: MergedStatistic): ServerState {
  const next = algorithm.update(state, merged, config);
  const wrong = next.parameters.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new MurmurError('not_finite', `the update made weight ${wrong} ${next.parameters[wrong]}; a smaller learning rate or a bound on the norm of reports may help`);
  return next;
}

/** Durable when it resolves; storing the same version again gives the same digests. */
export async function storeVersion(blobs: BlobStore, layout: Layout, state: ServerState): Promise<StoredVersion> {
  const checkpoint = encodeCheckpoint(createParameters(layout, state.parameters));
  const [digest, serverState] = await Promise.all([blobs.put(checkpoint), blobs.put(encodeServerState(state))]);
  return { state, checkpoint: digest, bytes: checkpoint.byteLength, serverState };
}

/** Scalar means that edges reported (training loss, …), by name. */
export function scalarsOf(merged: MergedStatistic): Record<string, number> {
  return Object.fromEntries(Object.entries(merged.fields).flatMap(([name, values]) => (values.length === 1 ? [[name, values[0]]] : [])));
}
