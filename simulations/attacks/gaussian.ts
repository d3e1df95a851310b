/** Gaussian noise (Blanchard, El Mhamdi, Guerraoui, Stainer 2017, "Machine Learning with Adversaries"): nothing of what was learned, drawn anew each time. */
import { z } from 'zod';
import type { Attack } from './attack.ts';

const Settings = z.strictObject({
  /** The noise's deviation, in root mean squares of the honest update's values. */
  scale: z.number().positive().default(10),
});

export const gaussian = {
  name: 'gaussian',
  config: Settings,
  summary: 'Sends Gaussian noise several times as large as its honest update (Blanchard et al. 2017)',
  poison: () => null,
  forge(update, { settings, random }) {
    const deviation = settings.scale * Math.sqrt(update.reduce((sum, value) => sum + value * value, 0) / update.length);
    return Promise.resolve(Float32Array.from(update, () => deviation * random.normal()));
  },
} as const satisfies Attack<'gaussian', typeof Settings>;
