/**
 * Stratified sampling: the places of a round are dealt out to groups of edges, by their size or evenly, and drawn within each,
 * uniformly or, where the policy has scores, weighted by them. Fractions of a place go by largest remainders, ties by lot.
 */
import { z } from 'zod';
import { shuffle, type RandomSource } from '../../random.ts';
import type { Candidate } from '../candidate.ts';
import { arrivalTimes, drawUniformly, positionsOfLeast } from '../random-draws.ts';
import { defineSampler } from '../sampler.ts';

const STRATA = {
  deviceClass: ({ capabilities: { platform, backend } }: Candidate): string => `${platform}/${backend}`,
  region: ({ capabilities: { region } }: Candidate): string => (region === undefined ? 'no region' : `region ${region}`),
  /** The class of which it holds most examples. */
  label: ({ labels }: Candidate): string => (labels === null ? 'labels unknown' : `label ${labels.indexOf(labels.reduce((most, count) => Math.max(most, count), 0))}`),
};

export const stratified = defineSampler({
  name: 'stratified',
  settings: z.strictObject({
    name: z.literal('stratified'),
    by: z.enum(['deviceClass', 'region', 'label']),
    /** `proportional`: as many places as its share of the eligible; `equal`: each the same, as far as it has edges. */
    allocation: z.enum(['proportional', 'equal']).default('proportional'),
  }),
  scores: 'taken',
  readsReports: () => false,
  memory: null,
  draw({ candidates, count, weights, settings: { by, allocation }, random }) {
    const places = Math.min(count, candidates.length);
    const members = new Map<string, number[]>();
    candidates.forEach((candidate, position) => {
      const stratum = STRATA[by](candidate);
      const group = members.get(stratum);
      if (group) group.push(position);
      else members.set(stratum, [position]);
    });
    const strata = [...members.keys()].sort();
    const sizes = strata.map((stratum) => members.get(stratum)?.length ?? 0);
    const shares = (allocation === 'equal' ? allocateEqually : allocateProportionally)(sizes, places, random.fork('allocation'));
    const keys = weights && arrivalTimes(weights, random);
    const chosen = strata.flatMap((stratum, s) => {
      const group = members.get(stratum) ?? [];
      const drawn = keys ? positionsOfLeast(group.map((position) => keys[position]), shares[s]) : drawUniformly(group.length, shares[s], random);
      return drawn.map((at) => group[at]);
    });
    return {
      chosen,
      how: `${places} of ${candidates.length} eligible edges were drawn from ${strata.length} ${strata.length === 1 ? 'group' : 'groups'} by ${NAMES[by]}, ${allocation === 'equal' ? 'the same number of each' : 'by their size'}`,
      memory: null,
      factsOf(position) {
        const stratum = STRATA[by](candidates[position]);
        const s = strata.indexOf(stratum);
        return keys ? { stratum, probability: null, draw: keys[position] } : { stratum, probability: shares[s] / sizes[s] };
      },
    };
  },
});

const NAMES = { deviceClass: 'device class', region: 'region', label: 'label' };

/** Places for groups of these sizes, their quotas rounded by largest remainders (Hamilton's method); equal remainders by lot. */
export function allocateProportionally(sizes: readonly number[], places: number, random: RandomSource): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total === 0) return sizes.map(() => 0);
  // In whole numbers, so that equal remainders are equal: places · size = share · total + remainder.
  const shares = sizes.map((size) => Math.floor((places * size) / total));
  const remainders = sizes.map((size) => (places * size) % total);
  const left = places - shares.reduce((sum, share) => sum + share, 0);
  const order = shuffle(sizes.map((_, s) => s), random).sort((a, b) => remainders[b] - remainders[a]);
  for (const s of order.slice(0, left)) shares[s]++;
  return shares;
}

/** The same number of places for each group; what a small one cannot fill goes to the others, and fewer places than groups by lot. */
export function allocateEqually(sizes: readonly number[], places: number, random: RandomSource): number[] {
  const shares = sizes.map(() => 0);
  let left = Math.min(places, sizes.reduce((sum, size) => sum + size, 0));
  while (left > 0) {
    const open = sizes.flatMap((size, s) => (shares[s] < size ? [s] : []));
    const each = Math.floor(left / open.length);
    const given = each > 0 ? open : shuffle(open, random).slice(0, left);
    for (const s of given) {
      const more = Math.min(Math.max(each, 1), sizes[s] - shares[s]);
      shares[s] += more;
      left -= more;
    }
  }
  return shares;
}
