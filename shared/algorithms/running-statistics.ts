/**
 * What layers keep of their batches: the running means and variances of batch normalisation. They lie among a model's weights and are
 * measured, not trained: there is no gradient of them. So no server optimizer, no control variate and no count of steps means anything
 * for them (momentum alone can carry a variance below zero, where the model is none any more); whatever becomes of the weights, these
 * move by the mean of how far they moved on the edges, as in FedAvg.
 */
import type { FieldValues } from '../statistics/statistic.ts';
import type { Layout, TensorPlace } from '../tensors/layout.ts';
import type { ServerState } from './algorithm.ts';

type Place = Pick<TensorPlace, 'name'>;

/** No layer but batch normalisation keeps a running variance. */
export const isRunningVariance = ({ name }: Place): boolean => /\/moving_variance(_\d+)?$/.test(name);
const isRunning = (tensor: Place): boolean => isRunningVariance(tensor) || /\/moving_mean(_\d+)?$/.test(tensor.name);

/** Calls with each element of a whole vector that is a running statistic. */
export function eachRunning({ tensors }: Pick<Layout, 'tensors'>, visit: (element: number) => void): void {
  for (const tensor of tensors) {
    if (!isRunning(tensor)) continue;
    for (let i = tensor.offset; i < tensor.offset + tensor.size; i++) visit(i);
  }
}

/**
 * Puts the running statistics where edges moved them on the average, whatever the step made of them.
 * @param next a state just made, whose `parameters` nobody else has: they are changed
 * @param moved over the whole model: by how much, `times` that
 * @param layout left out where there are none
 */
export function withRunning(next: ServerState, before: ServerState, moved: FieldValues, layout: Layout | undefined, times = 1): ServerState {
  if (layout) eachRunning(layout, (i) => (next.parameters[i] = before.parameters[i] + times * moved[i]));
  return next;
}
