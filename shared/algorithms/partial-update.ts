/**
 * What algorithms share of which a part of the model stays with each edge: edges go on from the shared part and from what they kept of the other,
 * and report how far the shared part moved, and nothing else. The server's weights of the other part stay the initial ones: what an edge begins with.
 */
import { MurmurError } from '../errors.ts';
import type { TrainResult } from '../model/trainer.ts';
import type { MergedStatistic } from '../statistics/statistic.ts';
import type { Layout } from '../tensors/layout.ts';
import type { Part, Parts } from '../tensors/parts.ts';
import { subtract } from '../tensors/vectors.ts';
import type { AlgorithmNeeds, EdgeContext, EdgeOutcome, EdgeState, Personal, ServerState } from './algorithm.ts';
import { keptVector, MEMORY_FIELDS, memoryFields } from './edge-memory.ts';
import { stepOptimizer, type OptimizerConfig } from './optimizers/registry.ts';
import { withRunning } from './running-statistics.ts';
import { mergedVector, TRAINING_FIELDS, trainingFields } from './training-fields.ts';

/** How a model's weights fall into what is shared and what stays. @throws bad_task_spec where they do not */
export type PartsOf<Config> = (layout: Layout, config: Config) => Parts;

/** What an algorithm needs that forwards the shared part. */
export function partialNeeds<Config>(partsOf: PartsOf<Config>): AlgorithmNeeds<Config> {
  return {
    fields(layout, about) {
      if (about === undefined) throw new MurmurError('internal', 'which weights are shared follows from the task’s settings');
      return [{ name: 'delta', monoid: 'weighted-mean', dtype: 'float32', shape: [partsOf(layout, about.config).shared.size] }, ...MEMORY_FIELDS, ...TRAINING_FIELDS];
    },
    stages: ['report'],
    edgeState: true,
    barrier: true,
  };
}

/** What the edge uses: the version's shared part, and its own of the other. */
export function partialPersonal<Config>(partsOf: PartsOf<Config>): Personal<Config> {
  return { stays: 'part', model: ({ base, state, config, layout }) => ownModel(base, state, partsOf(layout, config).kept).values };
}

/** In fresh memory. An edge that has kept nothing, or of another model, begins with the version's weights. */
function ownModel(base: Float32Array, state: EdgeState | null, kept: Part): { readonly values: Float32Array<ArrayBuffer>; readonly known: boolean } {
  const values = base.slice();
  const own = keptVector(state, 'kept', kept.size);
  if (own !== null) kept.put(own, values);
  return { values, known: own !== null };
}

/** The edge's half. `train` leaves the trained weights in the trainer, which holds the edge's own model when it is called. */
export async function updatePartly<Config>(context: EdgeContext<Config>, parts: Parts, train: () => Promise<TrainResult>): Promise<EdgeOutcome> {
  const { base, state, trainer } = context;
  const own = ownModel(base, state, parts.kept);
  trainer.load(own.values);
  const { examples, loss } = await train();
  const trained = await trainer.read();
  const delta = parts.shared.take(trained);
  subtract(delta, parts.shared.take(base));
  return {
    statistic: { weight: examples, fields: { delta, ...memoryFields(own.known), ...trainingFields(loss, examples) } },
    nextState: { vectors: { kept: parts.kept.take(trained) }, numbers: {} },
  };
}

/** The server's half: the shared part moves by the mean delta, as in FedAvg. */
export function movePartly<Config extends { readonly server: OptimizerConfig }>(state: ServerState, merged: MergedStatistic, { layout, partsOf, config }: { readonly layout: Layout | undefined; readonly partsOf: PartsOf<Config>; readonly config: Config }): ServerState {
  if (layout === undefined) throw new MurmurError('internal', 'which weights are shared follows from the model’s layout, and none was given');
  const { shared } = partsOf(layout, config);
  const direction = new Float32Array(state.parameters.length);
  shared.put(mergedVector(merged, 'delta', shared.size), direction);
  return withRunning(stepOptimizer(state, direction, -1, config.server), state, direction, layout);
}
