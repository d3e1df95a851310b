/**
 * FedPer (Arivazhagan, Aggarwal, Singh, Choudhary 2019, "Federated Learning with Personalization Layers", algorithm 1): edges
 * train the whole model, share its body, and keep its head, the last layers, for themselves. So edges that agree on what to
 * look at, and not on what to make of it, learn the former together.
 */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import { layerOf, splitLayout } from '../tensors/parts.ts';
import type { Algorithm } from './algorithm.ts';
import { localConfig, localTraining, planLocalUpdate } from './local-update.ts';
import { initOptimizer, ServerSetting } from './optimizers/registry.ts';
import { movePartly, partialNeeds, partialPersonal, updatePartly, type PartsOf } from './partial-update.ts';

export const FedPerConfig = localConfig({
  /** Name of the first layer that stays on the edges; those behind it stay, too. */
  head: z.string().min(1),
  server: ServerSetting,
});
export type FedPerConfig = z.infer<typeof FedPerConfig>;

/** By the order of the layers: the head is the named one and all behind it. @throws bad_task_spec where there is no such layer, or nothing before it */
export const headParts: PartsOf<{ readonly head: string }> = (layout, { head }) => {
  const layers = [...new Set(layout.tensors.map(layerOf))];
  const from = layers.indexOf(head);
  if (from < 0) throw new MurmurError('bad_task_spec', `algorithm.head: no layer with weights is named ${JSON.stringify(head)}; there are: ${layers.join(', ')}`);
  if (from === 0) throw new MurmurError('bad_task_spec', `algorithm.head: ${head} is the first layer with weights: nothing would be shared; name a later one`);
  const stay = new Set(layers.slice(from));
  return splitLayout(layout, (tensor) => stay.has(layerOf(tensor)));
};

export const fedper: Algorithm<FedPerConfig> = {
  name: 'fedper',
  summary: 'Federated averaging of the model’s body; its head stays on each edge (Arivazhagan et al. 2019)',
  config: FedPerConfig,
  needs: partialNeeds(headParts),
  personal: partialPersonal(headParts),
  init: (initial, config) => initOptimizer(initial, config.server),
  plan: (_state, round, config) => planLocalUpdate(config, round),
  edge: (context) => {
    const { config, trainer, signal, onProgress } = context;
    return updatePartly(context, headParts(trainer.layout, config), () => trainer.train({ ...localTraining(context), signal, onProgress }));
  },
  update: (state, merged, config, layout) => movePartly(state, merged, { layout, partsOf: headParts, config }),
};
