/**
 * What edges do that want a round to go wrong: to the examples that they train on, to the update that they send, or both. One file each;
 * `registry.ts` lists them. They speak the protocol as all others do: what they send is well-formed, finite and of an honest weight.
 */
import type { z } from 'zod';
import type { RandomSource } from '../../shared/random.ts';
import type { Named } from '../named-settings.ts';
import type { Poison } from './poison.ts';

export interface ForgeContext<Settings> {
  readonly settings: Settings;
  /** Of the scenario, attackers among them; and how many those are. */
  readonly edges: number;
  readonly attackers: number;
  /** This attacker's own. */
  readonly random: RandomSource;
  /** What all attackers would send if they were honest, each worked out from its own examples: they know each other's. */
  readonly colluders: () => Promise<readonly Float32Array[]>;
}

export interface Attack<Name extends string = string, Config extends z.ZodObject = z.ZodObject> extends Named<Name, Config> {
  /** One sentence for people, with the paper. */
  readonly summary: string;
  /** What is done to an attacker's training examples; null: nothing. */
  poison(settings: z.output<Config>): Poison | null;
  /** What is sent in place of an honest update, or gradient; the update is not changed. */
  forge(update: Float32Array, context: ForgeContext<z.output<Config>>): Promise<Float32Array>;
}

/** Sends what its poisoned examples teach it. */
export const asLearned = (update: Float32Array): Promise<Float32Array> => Promise.resolve(update);

/** Times a number. */
export const scaled = (update: Float32Array, factor: number): Float32Array => update.map((value) => factor * value);
