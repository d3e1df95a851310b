/**
 * Self-centered clipping (He, Karimireddy, Jaggi 2022, "Byzantine-Robust Decentralized Learning via ClippedGossip"): a neighbour's
 * model that lies further off than a radius is taken for the point at that distance on the way to it. So whatever one neighbour
 * sends, it moves a peer by no more than its weight in the mean times the radius.
 */
import type { GossipSettings } from '../../task/gossip-settings.ts';
import { between, distance } from '../vector-arithmetic.ts';
import type { Received } from '../way.ts';

export interface Clipper {
  /** @param own the peer's model @param received none of it is changed */
  clip(own: Float32Array, received: readonly Received[]): readonly Received[];
}

/** Distances of turns past that the median goes over, where turns may bring one letter each. */
const REMEMBERED = 15;

/**
 * @param field in which a letter holds its sender's model
 * @param pace of ways at their own pace a turn brings few letters, or one, which would be its own median: there the last ones count, too
 */
export function createClipper(rule: NonNullable<GossipSettings['robust']['clip']>, field: string, pace: 'rounds' | 'own'): Clipper {
  let past: readonly number[] = [];
  return {
    clip(own, received) {
      const distances = received.map(({ statistic }) => distance(own, statistic.fields[field] as Float32Array));
      const known = pace === 'own' ? [...past, ...distances].slice(-Math.max(REMEMBERED, distances.length)) : distances;
      past = known;
      const radius = rule === 'auto' ? lowerMedian(known) : rule;
      return received.map((letter, i) => (distances[i] <= radius ? letter : clipped(own, letter, field, radius / distances[i])));
    },
  };
}

function clipped(own: Float32Array, { from, statistic }: Received, field: string, factor: number): Received {
  return { from, statistic: { ...statistic, fields: { ...statistic.fields, [field]: between(own, statistic.fields[field] as Float32Array, factor) } } };
}

/** Of an even number the lower one of the two in the middle: half of the neighbours can lie and not raise it. */
function lowerMedian(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];
}
