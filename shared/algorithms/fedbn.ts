/**
 * FedBN (Li, Jiang, Zhang, Kamp, Dou 2021, "FedBN: Federated Learning on Non-IID Features via Local Batch Normalization",
 * algorithm 1): FedAvg but for the batch normalisation, whose weights and running statistics stay on the edge. So edges whose
 * inputs differ, in light, in scale or in their instrument, each normalise their own, and share what comes behind.
 */
import type { z } from 'zod';
import { MurmurError } from '../errors.ts';
import { layerOf, splitLayout } from '../tensors/parts.ts';
import type { Algorithm } from './algorithm.ts';
import { localConfig, localTraining, planLocalUpdate } from './local-update.ts';
import { initOptimizer, ServerSetting } from './optimizers/registry.ts';
import { movePartly, partialNeeds, partialPersonal, updatePartly, type PartsOf } from './partial-update.ts';
import { isRunningVariance } from './running-statistics.ts';

export const FedBnConfig = localConfig({
  server: ServerSetting,
});
export type FedBnConfig = z.infer<typeof FedBnConfig>;

const partsOf: PartsOf<FedBnConfig> = (layout) => {
  const normalising = new Set(layout.tensors.filter(isRunningVariance).map(layerOf));
  if (normalising.size === 0) throw new MurmurError('bad_task_spec', 'fedbn keeps batch normalisation on the edges, and the model has none; add BatchNormalization layers, or use fedavg');
  const parts = splitLayout(layout, (tensor) => normalising.has(layerOf(tensor)));
  if (parts.shared.size === 0) throw new MurmurError('bad_task_spec', 'the model is nothing but batch normalisation: fedbn would share nothing');
  return parts;
};

export const fedbn: Algorithm<FedBnConfig> = {
  name: 'fedbn',
  summary: 'Federated averaging of all but the batch normalisation, which stays on each edge (Li et al. 2021)',
  config: FedBnConfig,
  needs: partialNeeds(partsOf),
  personal: partialPersonal(partsOf),
  init: (initial, config) => initOptimizer(initial, config.server),
  plan: (_state, round, config) => planLocalUpdate(config, round),
  edge: (context) => {
    const { config, trainer, signal, onProgress } = context;
    return updatePartly(context, partsOf(trainer.layout, config), () => trainer.train({ ...localTraining(context), signal, onProgress }));
  },
  update: (state, merged, config, layout) => movePartly(state, merged, { layout, partsOf: partsOf, config }),
};
