/** A partition in a few numbers: how much the clients hold, and how far their labels are from the population's. */
import type { PartitionInput, PartitionPlan } from './partitioner.ts';

export interface CountSummary {
  readonly minimum: number;
  readonly median: number;
  readonly mean: number;
  readonly maximum: number;
}

export interface PartitionSummary {
  readonly parts: number;
  /** Examples that were dealt out. */
  readonly examples: number;
  readonly sizes: CountSummary;
  /** Different labels that a client holds. */
  readonly labels: CountSummary;
  /**
   * Between a client's distribution of labels and that of all examples, the mean over the clients that hold any; from 0
   * (alike) to 1. Half the sum of absolute differences; and the square root of the Jensen–Shannon divergence in bits.
   */
  readonly totalVariation: number;
  readonly jensenShannon: number;
}

/** How many examples of each label each client holds: row by row, [parts, classes]. */
export function countLabels({ labels, classes }: PartitionInput, { parts }: PartitionPlan): Int32Array {
  const counts = new Int32Array(parts.length * classes);
  parts.forEach((part, client) => {
    for (const index of part) counts[client * classes + labels[index]]++;
  });
  return counts;
}

export function summarisePartition(input: PartitionInput, plan: PartitionPlan): PartitionSummary {
  const { classes } = input;
  const counts = countLabels(input, plan);
  const population = new Float64Array(classes);
  for (let i = 0; i < input.size; i++) population[input.labels[i]] += 1 / input.size;
  let variation = 0;
  let divergence = 0;
  let holders = 0;
  const held = plan.parts.map((part, client) => {
    const own = counts.subarray(client * classes, (client + 1) * classes);
    if (part.length > 0) {
      const distribution = Float64Array.from(own, (count) => count / part.length);
      variation += totalVariation(distribution, population);
      divergence += jensenShannon(distribution, population);
      holders++;
    }
    return own.reduce((labels, count) => labels + (count > 0 ? 1 : 0), 0);
  });
  const sizes = plan.parts.map((part) => part.length);
  return {
    parts: sizes.length, examples: sizes.reduce((a, b) => a + b, 0), sizes: summariseCounts(sizes), labels: summariseCounts(held),
    totalVariation: holders === 0 ? 0 : variation / holders, jensenShannon: holders === 0 ? 0 : divergence / holders,
  };
}

function totalVariation(p: Float64Array, q: Float64Array): number {
  return p.reduce((sum, value, i) => sum + Math.abs(value - q[i]), 0) / 2;
}

function jensenShannon(p: Float64Array, q: Float64Array): number {
  let divergence = 0;
  for (let i = 0; i < p.length; i++) {
    const middle = (p[i] + q[i]) / 2;
    if (p[i] > 0) divergence += (p[i] * Math.log2(p[i] / middle)) / 2;
    if (q[i] > 0) divergence += (q[i] * Math.log2(q[i] / middle)) / 2;
  }
  // Rounding can leave less than nothing where both are alike.
  return Math.sqrt(Math.max(0, divergence));
}

/** Of an even number the median is the mean of the two in the middle; of none all is 0. */
function summariseCounts(values: readonly number[]): CountSummary {
  if (values.length === 0) return { minimum: 0, median: 0, mean: 0, maximum: 0 };
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return {
    minimum: sorted[0], median: (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2,
    mean: sorted.reduce((a, b) => a + b, 0) / sorted.length, maximum: sorted[sorted.length - 1],
  };
}
