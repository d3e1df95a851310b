/** Every sampler, by name. A new one is one file and one line here. */
import type { z } from 'zod';
import { oneOf } from '../one-of.ts';
import type { Sampler } from '../sampler.ts';
import { oort } from './oort.ts';
import { stratified } from './stratified.ts';
import { tiered } from './tiered.ts';
import { topK } from './top-k.ts';
import { uniform } from './uniform.ts';
import { weighted } from './weighted.ts';

const ALL = [
  uniform,
  weighted,
  topK,
  stratified,
  tiered,
  oort,
] as const;

export const SAMPLERS: readonly Sampler[] = ALL;

/** `selection.sampler` of a task. */
export const SamplerSetting = oneOf('sampler', ALL);
export type SamplerSetting = z.infer<typeof SamplerSetting>;

const byName = new Map(SAMPLERS.map((sampler) => [sampler.name, sampler]));

/** The schema has let no other names in. */
export const findSampler = ({ name }: SamplerSetting): Sampler => byName.get(name) as Sampler;
