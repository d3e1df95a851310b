/** How long the frames of a gossip task can be: whoever announces a longer one has nothing to say in it. */
import { findWay } from '../../shared/gossip/registry.ts';
import type { GossipTask } from '../../shared/task/task-spec.ts';
import { widthOf } from '../../shared/tensors/dtypes.ts';
import { sizeOf } from '../../shared/tensors/layout.ts';

/** Headers, scalars, padding; and signals, which are passed on whatever the model is. */
const BESIDE_BYTES = 2 ** 18;
const FLOAT32_BYTES = 4;
/** A codec that sends all values, each with its index of four bytes, makes a float32 field twice as long as it was. */
const LONGEST_ENCODING = 2;

/** @param size values of the task's model. @returns bytes */
export function mostFrameBytes(task: GossipTask, size: number): number {
  const way = findWay(task.gossip.way.name);
  const model = size * FLOAT32_BYTES;
  if (way.kind === 'group') return model + BESIDE_BYTES;
  const letter = way.needs.fields(size).reduce((bytes, { dtype, shape }) => bytes + sizeOf(shape) * widthOf(dtype), 0);
  return Math.max(model, LONGEST_ENCODING * letter) + BESIDE_BYTES;
}
