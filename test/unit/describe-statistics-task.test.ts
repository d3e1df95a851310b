/** What the join page says of a task without a model, before its reader agrees. */
import { expect, it } from 'vitest';
import { describeData, describeTask, reportBytes } from '../../client/browser/describe-task.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';

const spec = parseTaskSpec({
  name: 'people',
  data: { kind: 'columns', columns: [{ type: 'numeric', column: 'age' }, { type: 'categorical', column: 'town' }, { type: 'numeric', column: 'income', optional: true }] },
  algorithm: { name: 'statistics', k: 2, columns: [{ column: 'age', moments: true }] },
  round: { goal: 5, minimum: 2 },
});

it('names what is needed, what is welcome, and that nothing is trained', () => {
  expect(describeData(spec.data)).toBe('a CSV with the columns age, town, and where it has them income; empty fields may stay empty');
  expect(describeTask({ spec, status: 'running', modelBytes: 100 })).toBe('Computes statistics of 3 columns of a table; sums are forwarded, no row leaves this device. A round closes at 5 reports. Asked for: age (counts, moments).');
});

it('tells of every column what is asked, that a range is of single rows, and how much goes up', () => {
  const asked = parseTaskSpec({
    ...spec, algorithm: { name: 'statistics', k: 2, columns: [{ column: 'age', moments: true, range: true }, { column: 'town', distinct: {} }], covariance: ['age', 'income'] },
  });
  expect(describeTask({ spec: asked, status: 'running', modelBytes: 100 })).toMatch(/ Asked for: age \(counts, moments, range\), town \(counts, distinct\); covariances of age, income\. A range is the smallest and the largest value, each of a single row\.$/);
  // Mostly the 4096 registers that count towns, eight bytes each; version 0 of such a task, 100 bytes, says nothing of it.
  const bytes = reportBytes({ spec: asked, modelBytes: 100 }) ?? 0;
  expect(bytes).toBeGreaterThan(8 * 4096);
  expect(bytes).toBeLessThan(8 * 4200);
});
