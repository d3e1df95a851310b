/**
 * How far the peers' models lie apart. The consensus distance of n models x₁ … xₙ with mean x̄ is √(Σ ‖xᵢ − x̄‖² / n): the root
 * mean square of their Euclidean distances to their mean. Taken in one pass, without keeping the models.
 */

export interface Consensus {
  readonly peers: number;
  readonly mean: Float64Array;
  readonly distance: number;
}

export interface ConsensusSum {
  add(model: Float32Array): void;
  /** Of no model: the reference, and 0. */
  result(): Consensus;
}

/**
 * @param reference a point near the models: differences to it are summed, so that little is lost where the models lie close
 * together and far from 0
 */
export function createConsensusSum(reference: ArrayLike<number>): ConsensusSum {
  const sum = new Float64Array(reference.length);
  let squares = 0;
  let peers = 0;
  return {
    add(model) {
      let own = 0;
      for (let i = 0; i < sum.length; i++) {
        const difference = model[i] - reference[i];
        sum[i] += difference;
        own += difference * difference;
      }
      squares += own;
      peers++;
    },
    result() {
      if (peers === 0) return { peers, mean: Float64Array.from(reference), distance: 0 };
      let squaresOfMean = 0;
      const mean = sum.map((value, i) => {
        squaresOfMean += (value / peers) ** 2;
        return reference[i] + value / peers;
      });
      return { peers, mean, distance: Math.sqrt(Math.max(0, squares / peers - squaresOfMean)) };
    },
  };
}
