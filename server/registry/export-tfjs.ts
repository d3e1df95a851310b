/**
 * A model version as the files that `tf.loadLayersModel` loads: `model.json` (format `layers-model`)
 * and the weights in shards. Pure: the caller writes the files, or serves them.
 */
import { completeTopology } from '../../shared/model/topology.ts';
import { inputShapeOf } from '../../shared/task/data-contract.ts';
import type { ModelTask } from '../../shared/task/task-spec.ts';
import { bytesOf } from '../../shared/tensors/dtypes.ts';
import type { Parameters } from '../../shared/tensors/layout.ts';

/** What TensorFlow.js's own converter cuts at: small enough for caches and for downloads side by side. */
const SHARD_BYTES = 4 * 1024 * 1024;

export interface TfjsExportOptions {
  readonly generatedBy?: string;
  /** JSON that comes along as `userDefinedMetadata`: task, version, the data contract (what inputs and outputs mean), … */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/**
 * File name → content, `model.json` first. The shards are views of the parameters: write them before those change.
 * @param parameters a checkpoint's; its layout names weights as TensorFlow.js does, `layer/weight`.
 */
export function exportTfjs(spec: Pick<ModelTask, 'model' | 'data'>, parameters: Parameters, options: TfjsExportOptions = {}): ReadonlyMap<string, Uint8Array> {
  const { generatedBy = 'Murmuration', metadata } = options;
  const body = bytesOf(parameters.values);
  const count = Math.max(1, Math.ceil(body.length / SHARD_BYTES));
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  const model = {
    format: 'layers-model',
    generatedBy,
    convertedBy: null,
    // As the model was built: unnamed layers get the names that their weights were stored under.
    modelTopology: completeTopology(spec.model.topology, inputShapeOf(spec.data)),
    weightsManifest: [{ paths, weights: parameters.layout.tensors.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })) }],
    ...(metadata === undefined ? {} : { userDefinedMetadata: metadata }),
  };
  const files = new Map<string, Uint8Array>([['model.json', new TextEncoder().encode(`${JSON.stringify(model)}\n`)]]);
  paths.forEach((path, i) => files.set(path, body.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES)));
  return files;
}
