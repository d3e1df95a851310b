/** Every attack, by name. A new one is one file and one line here. */
import type { z } from 'zod';
import { findNamed, specSchema } from '../named-settings.ts';
import { alie } from './alie.ts';
import type { Attack } from './attack.ts';
import { backdoor } from './backdoor.ts';
import { gaussian } from './gaussian.ts';
import { labelFlip } from './label-flip.ts';
import { modelReplacement } from './model-replacement.ts';
import { signFlip } from './sign-flip.ts';

const ALL = [labelFlip, signFlip, modelReplacement, gaussian, alie, backdoor] as const;

export const ATTACKS: readonly Attack[] = ALL;

/** How a scenario names one: `{ name: 'sign-flip', scale: 5 }`. */
export const AttackSpec = specSchema(ALL);
export type AttackSpec = z.output<typeof AttackSpec>;
export type AttackSpecInput = z.input<typeof AttackSpec>;

/** @throws bad_config where there is none of that name */
export const findAttack = (name: string): Attack => findNamed('attack', ATTACKS, name);

/** Its settings without the name, as its methods take them. */
export function settingsOf({ name: _, ...settings }: AttackSpec): Record<string, unknown> {
  return settings;
}
