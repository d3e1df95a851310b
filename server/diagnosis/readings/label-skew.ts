/** Label skew: edges hold the classes in unlike shares, as their owners agreed to tell. */
import { mean } from '../arithmetic.ts';
import type { Reading } from '../reading.ts';

const LEAST_EDGES = 5;
/** Distance beyond what drawing so few examples alone brings. */
const SKEWED = 0.25;
const STRONGLY = 0.5;

export const labelSkew: Reading = {
  name: 'label-skew',
  summary: 'Edges that hold the classes in unlike shares, by the labels that owners agreed to tell',
  needs: { singleEdges: false },
  read({ edges, rounds }) {
    const told = edges.flatMap(({ labels }) => (labels !== null && labels.some((count) => count > 0) ? [labels] : []));
    if (told.length < LEAST_EDGES) return null;
    const all = sharesOf(told[0].map((_, label) => told.reduce((sum, counts) => sum + (counts[label] ?? 0), 0)));
    // Examples that are drawn by chance alone lie apart from the whole, too, the more so the fewer they are.
    const beyond = mean(told.map((counts) => distance(sharesOf(counts), all) - byChance(total(counts), all)));
    if (beyond < SKEWED) return [];
    const apart = mean(told.map((counts) => distance(sharesOf(counts), all)));
    const held = mean(told.map((counts) => counts.filter((count) => count > 0.01 * total(counts)).length));
    return [
      {
        subject: '',
        what: `edges hold the classes in unlike shares: they lie ${(100 * apart).toFixed(0)} % apart from the whole, and hold ${held.toFixed(1)} of ${all.length} classes`,
        since: rounds.at(-1)?.round ?? 0,
        sure: beyond >= STRONGLY ? 'certain' : 'likely',
        evidence: { 'mean distance from the whole': apart, 'beyond what chance brings': beyond, 'classes an edge': held, 'edges that tell': told.length },
        edges: [],
        remedies: ['fewer local steps between two averages (algorithm.epochs or steps)', 'a smaller local rate, or a server optimizer (algorithm.server: momentum or adam)', 'an algorithm made for unlike data (fedprox, scaffold)', 'draw edges so that a round covers all classes: the sampler stratified, by label'],
        lines: [],
      },
    ];
  },
};

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

function sharesOf(counts: readonly number[]): number[] {
  const all = total(counts);
  return counts.map((count) => count / all);
}

/** Total variation: the share of the examples that would have to be others. */
const distance = (a: readonly number[], b: readonly number[]): number => 0.5 * a.reduce((sum, share, i) => sum + Math.abs(share - b[i]), 0);

/** Its expectation for so many examples drawn from the whole: each share is off by its standard error, E|N(0, σ)| = σ √(2/π). */
const byChance = (examples: number, all: readonly number[]): number => 0.5 * Math.sqrt(2 / Math.PI) * all.reduce((sum, share) => sum + Math.sqrt((share * (1 - share)) / examples), 0);
