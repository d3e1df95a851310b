import { describe, expect, it } from 'vitest';
import { max } from '../../shared/statistics/monoids/max.ts';
import { min } from '../../shared/statistics/monoids/min.ts';
import { MONOIDS } from '../../shared/statistics/monoids/registry.ts';
import { sum } from '../../shared/statistics/monoids/sum.ts';
import { weightedMean } from '../../shared/statistics/monoids/weighted-mean.ts';
import { monoidConformance } from '../conformance/monoid.ts';

monoidConformance(sum, (list) => list.reduce((total, { value }) => total + value, 0));
monoidConformance(weightedMean, (list) => list.reduce((total, { weight, value }) => total + weight * value, 0) / list.reduce((total, { weight }) => total + weight, 0));
monoidConformance(min, (list) => Math.min(...list.map(({ value }) => value)));
monoidConformance(max, (list) => Math.max(...list.map(({ value }) => value)));

describe('monoid registry', () => {
  it('lists each under its own name', () => {
    for (const [name, operations] of Object.entries(MONOIDS)) expect(operations.name).toBe(name);
  });
});
