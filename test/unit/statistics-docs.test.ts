/** The tasks that docs/statistics.md shows, and the one that it runs, are tasks. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MEASURES } from '../../shared/algorithms/statistics/measures/registry.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { resolveReferences } from '../../shared/task/references.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/statistics.md');
const blocks = (info: string): string[] => [...page.matchAll(new RegExp(`^\`\`\`${info}\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1]);

describe('docs/statistics.md', () => {
  it('shows tasks that are taken as they stand', () => {
    const names = blocks('json').map((block) => parseTaskSpec(JSON.parse(block)).algorithm.name);
    expect(names).toEqual(['statistics', 'ridge', 'kmeans', 'pca']);
    expect(parseTaskSpec(JSON.parse(read('docs/flowers/statistics.json'))).algorithm.name).toBe('statistics');
  });

  it('shows a data contract that another task’s result completes', async () => {
    const [fragment] = blocks('json fragment');
    const column = (name: string) => ({ column: name, type: 'numeric' as const, edges: 3, count: 9, missing: 0, measures: { moments: { count: 9, sum: 9, mean: 1, variance: 4, deviation: 2 } } });
    const result = { kind: 'statistics' as const, edges: 3, leastEdges: 3, rows: 9, covariance: null, columns: ['age', 'income', 'rent'].map(column) };
    const task = {
      ...(JSON.parse(`{${fragment}}`) as object), name: 'rent', model: { topology: { class_name: 'Sequential', config: {} }, loss: 'meanSquaredError' },
      algorithm: { name: 'fedavg', epochs: 1, batchSize: 10, learningRate: 0.1 }, round: { goal: 3 },
    };
    const { data } = parseTaskSpec(await resolveReferences(task, () => Promise.resolve({ version: 1, result })));
    expect(data).toMatchObject({ features: [{ standardise: { mean: 1, deviation: 2 } }, { standardise: { mean: 1, deviation: 2 } }], label: { standardise: { mean: 1, deviation: 2 } } });
  });

  it('names every measure', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
    expect(rows).toEqual(expect.arrayContaining(Object.keys(MEASURES)));
  });
});
