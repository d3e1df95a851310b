/** What the coordinator knows of the toy line without TensorFlow: its layout, its initial weights [0, 0], its schema. */
import type { Evaluator } from '../../server/evaluation/evaluator.ts';
import { statisticSchemaFor } from '../../shared/algorithms/statistic-schema.ts';
import type { StatisticSchema } from '../../shared/statistics/statistic.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import type { GossipTaskInput, TaskSpecInput } from '../../shared/task/task-spec.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';

export function createToyEvaluator(): Evaluator {
  return {
    describe: () => Promise.resolve({ parameters: createParameters(TOY_LAYOUT, new Float32Array(2)), problems: [] }),
    evaluate: () => Promise.resolve(null),
    setExamples: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}

export function toySchema(spec: TaskSpecInput): StatisticSchema {
  return statisticSchemaFor(parseTaskSpec(spec), TOY_LAYOUT);
}

/** The toy line as a gossip task. */
export function toyGossipTask(fields: Partial<GossipTaskInput> = {}): GossipTaskInput {
  return {
    name: 'line',
    mode: 'gossip',
    model: { topology: { class_name: 'Sequential', config: {} }, loss: 'meanSquaredError' },
    data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'numeric', column: 'y' } },
    algorithm: { name: 'fedavg', epochs: 1, batchSize: null, learningRate: 0.1 },
    ...fields,
  };
}
