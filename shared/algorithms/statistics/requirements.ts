/** What the halves of algorithms without a model ask for before they compute. */
import { MurmurError } from '../../errors.ts';
import type { EdgeData } from '../algorithm.ts';

/** @throws too_few_edges: the round is aborted, and its reports are forgotten */
export function requireEdges(edges: number, least: number): void {
  if (edges >= least) return;
  throw new MurmurError('too_few_edges', `only ${edges} ${edges === 1 ? 'edge' : 'edges'} reported, and the task publishes nothing of fewer than ${least}; raise round.minimum to ${least}, or lower algorithm.k`);
}

/** @throws internal where nobody gave the algorithm any data */
export function requireEdgeData(data: EdgeData | undefined): EdgeData {
  if (data === undefined) throw new MurmurError('internal', 'an algorithm without a model computes from data, and was given none');
  return data;
}
