/** Edges that lie far above the others in what is measured of each of their reports, as a ratio to the others'. */
import { lowerMedian, median, spread } from './arithmetic.ts';
import { LEAST_PARTS, type EdgeTrace } from './history.ts';

/** Of fewer none is told from the rest. */
const LEAST_EDGES = 5;

export interface FarOffLimits {
  /** Times the others'. */
  readonly far: number;
  /** Of the spread over edges; spreads are of logarithms. */
  readonly deviations: number;
  /** However alike edges are, this much they differ by chance. */
  readonly leastSpread: number;
}

export interface FarOff {
  readonly trace: EdgeTrace;
  /** Logarithms, of each report that was measured. */
  readonly ratios: readonly number[];
  /** Their lower median, as a ratio: at least half of the reports lie as far off, since one round in which all went astray is nobody's. */
  readonly times: number;
}

/** null: too few are known to tell. */
export function edgesFarOff(edges: readonly EdgeTrace[], ratioOf: (part: EdgeTrace['parts'][number]) => number | null, { far, deviations, leastSpread }: FarOffLimits): readonly FarOff[] | null {
  const known = edges.flatMap((trace) => {
    const ratios = trace.parts.flatMap((part) => {
      const ratio = ratioOf(part);
      return ratio === null || ratio <= 0 ? [] : [Math.log(ratio)];
    });
    return ratios.length === 0 ? [] : [{ trace, ratios, middle: lowerMedian(ratios) }];
  });
  if (known.length < LEAST_EDGES) return null;
  const middles = known.map(({ middle }) => middle);
  const limit = Math.max(Math.log(far), median(middles) + deviations * Math.max(leastSpread, spread(middles)));
  return known.filter(({ ratios, middle }) => ratios.length >= LEAST_PARTS && middle > limit).map(({ trace, ratios, middle }) => ({ trace, ratios, times: Math.exp(middle) }));
}

/** Sure where each of three reports and more is far off. */
export const surenessOf = (ratios: readonly number[], far: number): 'certain' | 'likely' => (ratios.length >= 3 && ratios.every((ratio) => ratio > Math.log(far)) ? 'certain' : 'likely');
