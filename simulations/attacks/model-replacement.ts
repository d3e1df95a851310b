/**
 * Model replacement (Bagdasaryan, Veit, Hua, Estrin, Shmatikov 2020, "How To Backdoor Federated Learning"): a backdoored update made so long that
 * the plain mean of the round lands on the attackers' model, whatever the others send.
 */
import { z } from 'zod';
import { scaled, type Attack } from './attack.ts';
import { BackdoorSettings } from './backdoor.ts';

const Settings = BackdoorSettings.extend({
  /** How many times as long; null: edges ÷ attackers, the paper's γ for all of them together. */
  scale: z.number().positive().nullable().default(null),
});

export const modelReplacement = {
  name: 'model-replacement',
  config: Settings,
  summary: 'Sends a backdoored update so long that the mean becomes the attackers’ own model (Bagdasaryan et al. 2020)',
  poison: ({ target, size, share }) => ({ kind: 'backdoor', trigger: { target, size }, share }),
  forge: (update, { settings, edges, attackers }) => Promise.resolve(scaled(update, settings.scale ?? edges / attackers)),
} as const satisfies Attack<'model-replacement', typeof Settings>;
