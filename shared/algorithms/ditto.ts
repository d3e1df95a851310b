/**
 * Ditto (Li, Hu, Beirami, Smith 2021, "Ditto: Fair and Robust Federated Learning Through Personalization", algorithm 1): beside
 * the shared model, which is learned by FedAvg, each edge trains a model of its own from round to round, pulled to the shared
 * one by λ/2 · |v − wᵗ|². λ = 0 leaves each edge alone; the larger it is, the nearer the two are.
 */
import { z } from 'zod';
import type { TrainingLength } from '../model/training-length.ts';
import type { Algorithm, EdgeState } from './algorithm.ts';
import { keptVector, MEMORY_FIELDS, memoryFields } from './edge-memory.ts';
import { fedavg } from './fedavg.ts';
import { localConfig, localTraining, planLocalUpdate, trainLocally } from './local-update.ts';
import { ServerSetting } from './optimizers/registry.ts';
import { trainingFields } from './training-fields.ts';

export const DittoConfig = localConfig({
  /** Strength of the pull to the shared model (the paper's λ, tried from 0.05 to 2). */
  lambda: z.number().nonnegative(),
  /** Passes over the edge's examples that train its own model; null: as long as it trains the shared one. */
  personalEpochs: z.int().positive().nullable().default(null),
  server: ServerSetting,
});
export type DittoConfig = z.infer<typeof DittoConfig>;

/** null where the edge has none: it begins at the shared model. */
const ownModel = (base: Float32Array, state: EdgeState | null): Float32Array | null => keptVector(state, 'personal', base.length);

export const ditto: Algorithm<DittoConfig> = {
  name: 'ditto',
  summary: 'Federated averaging, and beside it a model of each edge’s own that is pulled to the shared one (Li et al. 2021)',
  config: DittoConfig,
  needs: { ...fedavg.needs, fields: (layout) => [...fedavg.needs.fields(layout), ...MEMORY_FIELDS], edgeState: true },
  personal: { stays: 'model', model: ({ base, state }) => (ownModel(base, state) ?? base).slice() },
  init: (initial, config) => fedavg.init(initial, config),
  plan: (_state, round, config) => planLocalUpdate(config, round),
  async edge(context) {
    const { config, base, state, trainer, random, signal } = context;
    const { delta, examples, loss } = await trainLocally(context);
    const own = ownModel(base, state);
    const { epochs, steps, ...settings } = localTraining(context);
    const length = (config.personalEpochs !== null ? { epochs: config.personalEpochs } : epochs !== undefined ? { epochs } : { steps }) as TrainingLength;
    trainer.load(own ?? base);
    await trainer.train({ ...settings, ...length, seed: random.fork('personal model').int(2 ** 31), proximal: { strength: config.lambda, anchor: base }, signal });
    return {
      statistic: { weight: examples, fields: { delta, ...memoryFields(own !== null), ...trainingFields(loss, examples) } },
      nextState: { vectors: { personal: await trainer.read() }, numbers: {} },
    };
  },
  update: (state, merged, config, layout) => fedavg.update(state, merged, config, layout),
};
