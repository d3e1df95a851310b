/** Names of the cases: `10k` is 10,000 idle edges on one coordinator. */
import { MurmurError } from '../../../shared/errors.ts';

export interface ConnectCase {
  /** Edges whose connections are counted. */
  readonly edges: number;
  /** Edges that connect before anything is measured, and stay: code is compiled then, and pools are filled. */
  readonly warmUp: number;
}

/** A source address has some 28,000 ports for connections to one server. */
const MOST_EDGES = 25_000;
const MOST_WARM_UP = 500;

/** @throws bad_usage */
export function parseConnectCase(name: string): ConnectCase {
  const match = /^([1-9]\d{0,4})(k?)$/.exec(name);
  const edges = match ? Number(match[1]) * (match[2] === 'k' ? 1000 : 1) : 0;
  if (edges < 2 || edges > MOST_EDGES) throw new MurmurError('bad_usage', `${JSON.stringify(name)} is no case: a number of edges from 2 to ${MOST_EDGES} is expected, as 1k or 10k`);
  return { edges, warmUp: Math.min(MOST_WARM_UP, Math.max(2, Math.floor(edges / 4))) };
}
