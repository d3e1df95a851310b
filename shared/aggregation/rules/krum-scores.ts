/** What Krum, Multi-Krum and Bulyan choose by (Blanchard, El Mhamdi, Guerraoui, Stainer 2017). */

export interface KrumScores {
  /** Reports that are left, in their order. */
  readonly left: readonly number[];
  leaveOut(report: number): void;
  /** Those that are left, by the sum of the squared distances of the `neighbours` others nearest to each: the lowest first, equals in their order. */
  ranked(neighbours: number): number[];
}

/** @param squared distances of each two, `[i * count + j]` */
export function createKrumScores(squared: Float64Array, count: number): KrumScores {
  let left = Array.from({ length: count }, (_, i) => i);
  const isLeft = new Uint8Array(count).fill(1);
  /** Of each report the others, the nearest first: sorted once, however many are left out. Two infinite distances have no difference. */
  const nearest = left.map((i) => {
    const of = (j: number): number => squared[i * count + j];
    return left.filter((j) => j !== i).sort((a, b) => (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0));
  });

  function scoreOf(i: number, neighbours: number): number {
    let [sum, found] = [0, 0];
    for (const j of nearest[i]) {
      if (found === neighbours) break;
      if (isLeft[j] === 0) continue;
      sum += squared[i * count + j];
      found++;
    }
    return sum;
  }

  return {
    get left() {
      return left;
    },
    leaveOut(report) {
      isLeft[report] = 0;
      left = left.filter((i) => i !== report);
    },
    ranked(neighbours) {
      const scored = left.map((report) => ({ report, score: scoreOf(report, neighbours) }));
      return scored.sort((a, b) => (a.score < b.score ? -1 : a.score > b.score ? 1 : 0)).map(({ report }) => report);
    },
  };
}

/** Others that an honest report has near it whatever f wrong ones do: n − f − 2. */
export const neighboursOf = (reports: number, attackers: number): number => Math.max(1, reports - attackers - 2);

/** Factors of the mean of some of the reports. */
export const meanOver = (chosen: readonly number[], count: number): number[] => Array.from({ length: count }, (_, i) => (chosen.includes(i) ? 1 / chosen.length : 0));
