/** A CSV of which a model can learn the label: `risk` is `high` where age and one of three regions say so. */
import { createRandom } from '../../shared/random.ts';
import type { TableContract } from '../../shared/task/data-contract.ts';

const REGIONS = ['north', 'south', 'east'] as const;

export const syntheticTableContract: TableContract = {
  kind: 'table',
  features: [
    { type: 'numeric', column: 'age', standardise: { mean: 50, deviation: 20 }, missing: 50 },
    { type: 'categorical', column: 'region', values: [...REGIONS], missing: 'zeros' },
  ],
  label: { type: 'categorical', column: 'risk', values: ['low', 'high'] },
  validation: { fraction: 0, seed: 1 },
};

/** Header and `rows` lines: id, region, age, risk. */
export function syntheticTable({ rows, seed }: { readonly rows: number; readonly seed: number }): string {
  const random = createRandom(seed);
  const lines = ['id,region,age,risk'];
  for (let id = 1; id <= rows; id++) {
    const region = REGIONS[random.int(3)];
    const age = 10 + random.int(81);
    lines.push(`${id},${region},${age},${age + (region === 'north' ? 20 : 0) > 60 ? 'high' : 'low'}`);
  }
  return `${lines.join('\n')}\n`;
}
