/** Names of the cases: `1M float32` is a report of 1,000,000 float32 values. */
import { MurmurError } from '../../../shared/errors.ts';

export interface WireCase {
  readonly values: number;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1000, M: 1_000_000 };

/** @throws bad_usage */
export function parseWireCase(name: string): WireCase {
  const match = /^([1-9]\d{0,5})([kM]?) float32$/.exec(name);
  const values = match ? Number(match[1]) * UNITS[match[2]] : 0;
  if (values < 1 || values > 100_000_000) throw new MurmurError('bad_usage', `${JSON.stringify(name)} is no case: VALUES float32 is expected, as 100k float32 or 1M float32, 100M at the most`);
  return { values };
}
