/** A peer's own learning: both halves of the task's algorithm in one place, over the peer's own statistic alone. */
import { findAlgorithm, configOf } from '../../shared/algorithms/registry.ts';
import { statisticSchemaFor } from '../../shared/algorithms/statistic-schema.ts';
import type { EdgeState, ServerState } from '../../shared/algorithms/algorithm.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import type { RandomSource } from '../../shared/random.ts';
import { checkStatistic } from '../../shared/statistics/check.ts';
import type { FieldValues, MergedStatistic, Statistic, StatisticSchema } from '../../shared/statistics/statistic.ts';
import type { GossipTask } from '../../shared/task/task-spec.ts';

export interface Learned {
  /** In fresh memory. */
  readonly parameters: Float32Array;
  /** Mean loss over the examples trained on. */
  readonly loss: number;
  readonly examples: number;
}

export interface LocalLearning {
  /** @param parameters the model to go on from; not changed. @throws aborted, backend_failed, not_finite: what was learned is no model */
  learn(parameters: Float32Array, round: number, signal: AbortSignal): Promise<Learned>;
}

export function createLocalLearning(task: GossipTask, trainer: Trainer, random: RandomSource): LocalLearning {
  const algorithm = findAlgorithm(task.algorithm.name);
  const config = configOf(task.algorithm);
  const schema = statisticSchemaFor(task, trainer.layout);
  /** Momentum and the like, which stay with the peer. */
  let server: ServerState | null = null;
  let edge: EdgeState | null = null;

  return {
    async learn(parameters, round, signal) {
      const before: ServerState = server === null ? algorithm.init(parameters, config) : { ...server, parameters };
      const { statistic, nextState } = await algorithm.edge({
        config, base: parameters, broadcast: algorithm.plan(before, round, config), state: edge, serverVectors: before.vectors, trainer, random: random.fork(`round ${round}`), signal,
      });
      checkStatistic(schema, statistic);
      const merged = mergedAlone(schema, statistic);
      server = algorithm.update(before, merged, config, trainer.layout);
      edge = nextState ?? edge;
      return { parameters: server.parameters, loss: merged.fields.trainLoss[0], examples: merged.fields.examples[0] };
    },
  };
}

/** A statistic that is alone is its own mean, sum, least and greatest: what an accumulator would come to, without a copy of the model in float64. */
function mergedAlone({ fields }: StatisticSchema, { weight, fields: values }: Statistic): MergedStatistic {
  const merged: Record<string, FieldValues> = {};
  // Sums come back as float64, whatever was summed.
  for (const { name, monoid } of fields) merged[name] = monoid === 'sum' && values[name] instanceof Float32Array ? Float64Array.from(values[name]) : values[name];
  return { weight, count: 1, fields: merged };
}
