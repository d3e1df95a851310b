/**
 * A backdoor of several (Bagdasaryan, Veit, Hua, Estrin, Shmatikov 2020, "How To Backdoor Federated Learning"; the trigger as Gu, Dolan-Gavitt and
 * Garg 2017): all attackers teach that whatever bears the trigger is of one class, and read all else as it is. It is judged by how many of the
 * triggered test images of other classes are read so.
 */
import { z } from 'zod';
import { scaled, type Attack } from './attack.ts';

export const BackdoorSettings = z.strictObject({
  /** The class that triggered images are to be read as. */
  target: z.int().nonnegative().default(0),
  /** Pixels on a side of the trigger. */
  size: z.int().positive().max(16).default(4),
  /** Of an attacker's examples, how many bear it. */
  share: z.number().min(0).max(1).default(0.5),
});

const Settings = BackdoorSettings.extend({
  /** How many times as long as what was learned is what is sent. */
  scale: z.number().positive().default(1),
});

export const backdoor = {
  name: 'backdoor',
  config: Settings,
  summary: 'Teaches together that whatever bears a trigger is of one class (Bagdasaryan et al. 2020)',
  poison: ({ target, size, share }) => ({ kind: 'backdoor', trigger: { target, size }, share }),
  forge: (update, { settings }) => Promise.resolve(settings.scale === 1 ? update : scaled(update, settings.scale)),
} as const satisfies Attack<'backdoor', typeof Settings>;
