/** The task of the benchmark: federated averaging of a model that is nothing but its layout. */
import type { TaskSpecInput } from '../../../shared/task/task-spec.ts';
import { createLayout, type Layout } from '../../../shared/tensors/layout.ts';
import type { RoundCase } from './cases.ts';

export const BENCH_TASK = 'bench';

export const benchLayout = (parameters: number): Layout => createLayout([{ name: 'weights', shape: [parameters] }]);

/** All edges are wanted in each round: nobody is left over, and a round waits for the last report. */
export function benchTask({ edges }: RoundCase): TaskSpecInput {
  return {
    name: BENCH_TASK,
    model: { topology: { class_name: 'Sequential', config: {} }, loss: 'meanSquaredError' },
    data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'numeric', column: 'y' } },
    algorithm: { name: 'fedavg', epochs: 1, batchSize: 10, learningRate: 0.1 },
    round: { goal: edges, minimum: edges, overSelection: 1, selectionSeconds: 60, configurationSeconds: 120, reportingSeconds: 120, retrySeconds: 1 },
  };
}
