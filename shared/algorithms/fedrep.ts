/**
 * FedRep (Collins, Hassani, Mokhtari, Shakkottai 2021, "Exploiting Shared Representations for Personalized Federated
 * Learning", algorithm 1): body and head as in FedPer, one after the other. An edge first fits its head to the body as it came,
 * for as long as it likes since that costs no communication; only then does it train the body, its head held still, and
 * forwards how far the body moved.
 */
import { z } from 'zod';
import type { Algorithm } from './algorithm.ts';
import { headParts } from './fedper.ts';
import { localConfig, localTraining, planLocalUpdate } from './local-update.ts';
import { initOptimizer, ServerSetting } from './optimizers/registry.ts';
import { movePartly, partialNeeds, partialPersonal, updatePartly } from './partial-update.ts';

export const FedRepConfig = localConfig({
  /** Name of the first layer that stays on the edges; those behind it stay, too. */
  head: z.string().min(1),
  /** Passes over the edge's examples that train the head; `epochs` or `steps` are the body's. */
  headEpochs: z.int().positive().default(5),
  server: ServerSetting,
});
export type FedRepConfig = z.infer<typeof FedRepConfig>;

export const fedrep: Algorithm<FedRepConfig> = {
  name: 'fedrep',
  summary: 'Each edge fits a head of its own to the shared body, then trains the body behind a head held still (Collins et al. 2021)',
  config: FedRepConfig,
  needs: partialNeeds(headParts),
  personal: partialPersonal(headParts),
  init: (initial, config) => initOptimizer(initial, config.server),
  plan: (_state, round, config) => planLocalUpdate(config, round),
  edge(context) {
    const { config, trainer, random, signal, onProgress } = context;
    const parts = headParts(trainer.layout, config);
    const [body, head] = [parts.shared, parts.kept].map(({ tensors }) => tensors.map(({ name }) => name));
    const { epochs: _epochs, steps: _steps, ...settings } = localTraining(context);
    return updatePartly(context, parts, async () => {
      await trainer.train({ ...settings, epochs: config.headEpochs, frozen: body, seed: random.fork('head').int(2 ** 31), signal });
      return trainer.train({ ...localTraining(context), frozen: head, signal, onProgress });
    });
  },
  update: (state, merged, config, layout) => movePartly(state, merged, { layout, partsOf: headParts, config }),
};
