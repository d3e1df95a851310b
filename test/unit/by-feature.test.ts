/** Weights, centres and directions are told by the names of the features. */
import { expect, it } from 'vitest';
import { layOutByFeature } from '../../shared/algorithms/statistics/by-feature.ts';
import type { PcaResult, RidgeResult } from '../../shared/algorithms/statistics/result.ts';
import { describeResult } from '../../cli/describe-task-result.ts';
import { featureNamesOf } from '../../shared/task/data-contract.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { mergeEdges } from '../helpers/merge-edges.ts';

const TABLE = {
  kind: 'table' as const,
  features: [{ type: 'numeric' as const, column: 'area' }, { type: 'categorical' as const, column: 'heating', values: ['gas', 'oil'] }],
  label: { type: 'numeric' as const, column: 'rent' },
};
const ROUND = { goal: 1, minimum: 1 };

/** rent = 2 · area + 4 where the heating is oil. */
const examples = () => Promise.resolve({
  size: 4, inputs: Float32Array.of(0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1), inputShape: [3], scale: 1, labels: Float32Array.of(0, 2, 4, 6), labelShape: [1],
});
const edge = { columns: () => Promise.reject(new Error('not asked')), examples };

it('names a number by its column, and each value of a category by both', () => {
  const { data } = parseTaskSpec({ name: 'rents', data: TABLE, algorithm: { name: 'ridge', k: 1 }, round: ROUND });
  expect(featureNamesOf(data)).toEqual(['area', 'heating: gas', 'heating: oil']);
});

it('has a row for each feature and a column for each target', async () => {
  const { result } = await mergeEdges({ name: 'rents', data: TABLE, algorithm: { name: 'ridge', k: 1, penalty: 1e-9 }, round: ROUND }, [edge]);
  // The two values of a category say the same: what they differ by is shared out between them.
  const laid = layOutByFeature(result as RidgeResult);
  expect(laid).toMatchObject({ title: 'Weights', columns: ['rent'] });
  expect(laid?.rows.map(({ feature, values }) => [feature, ...values.map((value) => Number(value.toFixed(6)))])).toEqual([['area', 2], ['heating: gas', -2], ['heating: oil', 2]]);
  expect(describeResult(result as RidgeResult)).toMatch(/Weights, features as a model sees them\nFEATURE +rent\narea +2\.?0*\nheating: gas +-2\.?0*\nheating: oil +2\.?0*$/);
});

it('does so for the directions of components', async () => {
  const { result } = await mergeEdges({ name: 'rents', data: TABLE, algorithm: { name: 'pca', k: 1, components: 1 }, round: ROUND }, [edge]);
  const [{ vector }] = (result as PcaResult).components;
  expect(layOutByFeature(result as PcaResult)).toMatchObject({ title: 'Directions', columns: ['component 1'], rows: [{ feature: 'area', values: [vector[0]] }, { feature: 'heating: gas' }, { feature: 'heating: oil', values: [vector[2]] }] });
});

it('lays out no pixels, and no more than anybody reads', () => {
  const ridge: RidgeResult = { kind: 'ridge', edges: 3, leastEdges: 3, rows: 9, features: null, penalty: 1, targets: [{ name: 'rent', intercept: 0, weights: [1], meanSquaredError: 0, explained: null }] };
  expect(layOutByFeature(ridge)).toBeNull();
  expect(layOutByFeature({ ...ridge, features: Array.from({ length: 41 }, (_, i) => `x${i}`) })).toBeNull();
  expect(layOutByFeature({ ...ridge, features: ['area'] })).not.toBeNull();
});
