/** What a version of a task without a model says: its server state, put into words and numbers by the algorithm. */
import { resultOf } from '../../shared/algorithms/model-free.ts';
import type { TaskResult } from '../../shared/algorithms/statistics/result.ts';
import { MurmurError } from '../../shared/errors.ts';
import { trainsModel } from '../../shared/task/task-spec.ts';
import { decodeCheckpoint, decodeServerState } from '../../shared/tensors/checkpoint.ts';
import type { BlobStore } from '../storage/blobs.ts';
import type { TaskRecord, VersionRecord } from '../storage/store.ts';

/** @throws not_found where no round has made the version; bad_usage for a task that trains a model */
export async function readResult(blobs: Pick<BlobStore, 'get'>, { id, spec }: TaskRecord, version: VersionRecord): Promise<TaskResult> {
  if (trainsModel(spec)) throw new MurmurError('bad_usage', `task ${id} trains a model; its versions are listed by \`murmur models list ${id}\``);
  const { values } = decodeCheckpoint(await blobs.get(version.checkpoint)).parameters;
  const result = resultOf(spec, decodeServerState(await blobs.get(version.serverState), values));
  if (result === null) throw new MurmurError('not_found', `task ${id} has no result yet: its first round must end (\`murmur task show ${id}\`)`);
  return result;
}
