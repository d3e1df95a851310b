/** Label flipping (Tolpegin, Truex, Gursoy, Liu 2020, "Data Poisoning Attacks Against Federated Learning Systems"): honest training on labels that are wrong throughout. */
import { z } from 'zod';
import { asLearned, type Attack } from './attack.ts';

const Settings = z.strictObject({});

export const labelFlip = {
  name: 'label-flip',
  config: Settings,
  summary: 'Calls class c by the name of classes − 1 − c, and trains honestly (Tolpegin et al. 2020)',
  poison: () => ({ kind: 'flip-labels' }),
  forge: asLearned,
} as const satisfies Attack<'label-flip', typeof Settings>;
