/** A task's selection policy: criteria that an edge must meet, scores that rank those that do, a sampler that draws of them. */
import { z } from 'zod';
import { Criteria } from '../selection/criteria/registry.ts';
import { findSampler, SamplerSetting } from '../selection/samplers/registry.ts';
import { findScore, ScoreSetting } from '../selection/scores/registry.ts';

export const SelectionPolicy = z.strictObject({
  criteria: Criteria.prefault({}),
  /** Their weighted mean ranks the eligible; each score at most once. */
  scores: z
    .array(ScoreSetting)
    .refine((scores) => new Set(scores.map(({ name }) => name)).size === scores.length, 'a score stands here twice; give it once, with the sum of the weights')
    .default([]),
  sampler: SamplerSetting.prefault({ name: 'uniform' }),
  /** Conditions older than this are stale: the edge is asked to check in again. */
  conditionsMaxAgeSeconds: z.number().positive().max(7 * 24 * 3600).default(300),
});
export type SelectionPolicy = z.infer<typeof SelectionPolicy>;

/** Names of the policy's parts that go by what single edges reported; empty where it can do without. */
export function partsThatReadReports({ scores, sampler }: SelectionPolicy): string[] {
  const reading = scores.filter((setting) => findScore(setting).readsReports).map(({ name }) => name);
  return findSampler(sampler).readsReports(sampler) ? [...reading, sampler.name] : reading;
}
