/** Names of the cases: `100x1M float32` is 100 distinct reports of 1,000,000 values each. */
import { MurmurError } from '../../../shared/errors.ts';
import { parseRoundCase } from '../round/cases.ts';

export interface AggregateCase {
  readonly reports: number;
  readonly values: number;
  readonly kind: 'float32' | 'int8' | 'int4';
}

/** @throws bad_usage */
export function parseAggregateCase(name: string): AggregateCase {
  const [shape, kind, ...surplus] = name.split(' ');
  if (surplus.length > 0 || (kind !== 'float32' && kind !== 'int8' && kind !== 'int4')) {
    throw new MurmurError('bad_usage', `${JSON.stringify(name)} is no case: REPORTSxVALUES and float32, int8 or int4 are expected, as 100x1M float32`);
  }
  const { edges: reports, parameters: values } = parseRoundCase(shape);
  return { reports, values, kind };
}
