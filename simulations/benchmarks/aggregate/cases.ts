/** Names of the cases: `100x1M float32` is 100 distinct reports of 1,000,000 values each, `100x1M float32 median` the same by a robust rule. */
import { MurmurError } from '../../../shared/errors.ts';
import { parseRoundCase } from '../round/cases.ts';
import { ruleOf } from './rule-of.ts';

export interface AggregateCase {
  readonly reports: number;
  readonly values: number;
  readonly kind: 'float32' | 'int8' | 'int4';
  /** One that must see all reports; null: they merge as they arrive. */
  readonly rule: string | null;
}

/** @throws bad_usage */
export function parseAggregateCase(name: string): AggregateCase {
  const [shape, kind, rule = null, ...surplus] = name.split(' ');
  if (surplus.length > 0 || (kind !== 'float32' && kind !== 'int8' && kind !== 'int4') || (rule !== null && kind !== 'float32')) {
    throw new MurmurError('bad_usage', `${JSON.stringify(name)} is no case: REPORTSxVALUES and float32, int8 or int4 are expected, and behind float32 a rule, perhaps, as 100x1M float32 median`);
  }
  const { edges: reports, parameters: values } = parseRoundCase(shape);
  if (rule !== null) ruleOf(rule, reports);
  return { reports, values, kind, rule };
}
