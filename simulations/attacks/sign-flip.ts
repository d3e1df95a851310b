/** Sign flipping (Li, Xu, Chen, Giannakis, Ling 2019, "RSA: Byzantine-Robust Stochastic Aggregation Methods"): the honest update backwards, and longer. */
import { z } from 'zod';
import { scaled, type Attack } from './attack.ts';

const Settings = z.strictObject({
  /** How many times as long as the honest update. */
  scale: z.number().positive().default(5),
});

export const signFlip = {
  name: 'sign-flip',
  config: Settings,
  summary: 'Sends its honest update backwards and several times as long (Li et al. 2019)',
  poison: () => null,
  forge: (update, { settings }) => Promise.resolve(scaled(update, -settings.scale)),
} as const satisfies Attack<'sign-flip', typeof Settings>;
