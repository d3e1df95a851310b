/** Names of the cases: `8x1M` is 8 edges and a model of 1,000,000 float32 parameters. */
import { MurmurError } from '../../../shared/errors.ts';

export interface RoundCase {
  readonly edges: number;
  readonly parameters: number;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1000, M: 1_000_000 };

/** @throws bad_usage */
export function parseRoundCase(name: string): RoundCase {
  const match = /^([1-9]\d{0,4})x([1-9]\d{0,5})([kM]?)$/.exec(name);
  if (!match) throw new MurmurError('bad_usage', `${JSON.stringify(name)} is no case: EDGESxPARAMETERS is expected, as 8x100k or 32x1M`);
  return { edges: Number(match[1]), parameters: Number(match[2]) * UNITS[match[3]] };
}
