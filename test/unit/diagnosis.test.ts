import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosine, lowerMedian, median, quantile, slope, spread, upperMedian } from '../../server/diagnosis/arithmetic.ts';
import { createFindingsBook } from '../../server/diagnosis/findings-book.ts';
import { createHistoryBook, type HistoryBook } from '../../server/diagnosis/history-book.ts';
import { EDGES_KEPT, FIRST_ROUNDS, PARTS_KEPT, ROUNDS_KEPT } from '../../server/diagnosis/history.ts';
import type { Finding, Reading } from '../../server/diagnosis/reading.ts';
import { createSketcher, SKETCH_SIZE } from '../../server/diagnosis/update-sketch.ts';
import { asEdgeId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import type { FieldSpec, Statistic } from '../../shared/statistics/statistic.ts';
import { edgeTrace, history, roundFacts } from '../helpers/histories.ts';

const edge = (n: number) => asEdgeId(`e${n}`);

describe('the little statistics', () => {
  it('are those of the books', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect([lowerMedian([4, 1, 3, 2]), upperMedian([4, 1, 3, 2]), lowerMedian([3, 1, 2])]).toEqual([2, 3, 2]);
    // Distances from the median 3: 2, 1, 0, 1, 97.
    expect(spread([1, 2, 3, 4, 100])).toBeCloseTo(1.4826, 12);
    expect(slope([1, 3, 5, 7])).toBe(2);
    expect(quantile([5, 1, 3, 2, 4], 0.25)).toBe(2);
    expect(cosine([3, 4], [4, 3])).toBeCloseTo(24 / 25, 12);
    expect(cosine([0, 0], [4, 3])).toBeNull();
  });
});

describe('an update’s sketch', () => {
  const vector = (seed: number, size: number): Float32Array => Float32Array.from({ length: size }, (random => () => random.normal())(createRandom(seed)));

  it('is linear, and a vector of one value keeps its length', () => {
    const sketch = createSketcher(createRandom(1));
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2000 }), fc.double({ min: -4, max: 4, noNaN: true }), (seed, size, by) => {
        const [a, b] = [vector(seed, size), vector(seed + 1, size)];
        const [ofA, ofB, ofBoth] = [sketch(a), sketch(b), sketch(a.map((value, i) => value + by * b[i]))];
        for (let i = 0; i < SKETCH_SIZE; i++) expect(ofBoth[i]).toBeCloseTo(ofA[i] + by * ofB[i], 3);
      }),
      { numRuns: 50 },
    );
    const one = sketch(Float32Array.from({ length: 5000 }, (_, i) => (i === 3777 ? 3 : 0)));
    expect([...one].filter((value) => value !== 0).map(Math.abs)).toEqual([3]);
  });

  it('keeps cosines within its error, and is another one for another task', () => {
    const errors: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      const [a, noise] = [vector(2 * seed, 20_000), vector(2 * seed + 1, 20_000)];
      const b = a.map((value, i) => value + noise[i]);
      const sketch = createSketcher(createRandom(seed));
      errors.push((cosine(sketch(a), sketch(b)) ?? NaN) - (cosine(a, b) ?? NaN));
    }
    const squared = errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length;
    expect(Math.sqrt(squared)).toBeLessThan(0.09);
    expect(Math.abs(errors.reduce((sum, error) => sum + error, 0) / errors.length)).toBeLessThan(0.03);
    expect(createSketcher(createRandom(1))(vector(1, 300))).not.toEqual(createSketcher(createRandom(2))(vector(1, 300)));
  });

  it('takes a part of a large vector, and keeps its direction all the same', () => {
    const [a, noise] = [vector(1, 1_000_000), vector(2, 1_000_000)];
    const sketch = createSketcher(createRandom(3));
    const b = a.map((value, i) => -value + 0.5 * noise[i]);
    expect(Math.abs((cosine(sketch(a), sketch(b)) ?? NaN) - (cosine(a, b) ?? NaN))).toBeLessThan(0.1);
    // Every fourth row of 256: 977 of 3907.
    const taken = sketch(new Float32Array(1_000_000).fill(1)).reduce((sum, value) => sum + value ** 2, 0);
    expect(taken).toBeGreaterThan(0.7 * 250_112);
    expect(taken).toBeLessThan(1.3 * 250_112);
  });

  it('does not mind values that stand in a pattern', () => {
    // All in one place of each row, as where one unit of a layer of 256 learns and the others do not.
    const stripe = Float32Array.from({ length: 256 * 200 }, (_, i) => (i % 256 === 7 ? 1 : 0));
    const norms = Array.from({ length: 30 }, (_, seed) => createSketcher(createRandom(seed))(stripe).reduce((sum, value) => sum + value ** 2, 0) / 200);
    expect(norms.reduce((sum, norm) => sum + norm, 0) / norms.length).toBeGreaterThan(0.9);
    expect(Math.max(...norms)).toBeLessThan(1.6);
  });
});

const FIELDS: readonly FieldSpec[] = [
  { name: 'delta', monoid: 'weighted-mean', dtype: 'float32', shape: [4] },
  { name: 'trainLoss', monoid: 'weighted-mean', dtype: 'float64', shape: [] },
  { name: 'examples', monoid: 'sum', dtype: 'float64', shape: [] },
];
const report = (delta: readonly number[], loss: number, examples = 100): Statistic => ({ weight: examples, fields: { delta: Float32Array.from(delta), trainLoss: Float64Array.of(loss), examples: Float64Array.of(examples) } });

function openBook(singleEdges = true, fields = FIELDS): HistoryBook {
  return createHistoryBook({ facts: { chanceLoss: 1, classes: 4, singleEdges }, fields, random: createRandom(1), labelsOf: (one) => (one === edge(1) ? [3, 1] : null) });
}
const outcome = (round: number) => {
  const { medianLoss: _loss, medianCosine: _cosine, stepNorm: _norm, stepCosine: _step, ...rest } = roundFacts(round);
  return rest;
};

describe('the history book', () => {
  it('sets each report beside the others of its round', () => {
    const book = openBook();
    // Four go the same way, the last one the other way and farther; the second holds twice as many examples.
    const reports = [report([3, 4, 0, 0], 1), report([6, 8, 0, 0], 2, 200), report([3, 4, 0, 0], 3), report([3, 4, 0, 0], 4), report([-9, -12, 0, 0], 10)];
    for (const [i, one] of reports.entries()) {
      book.merged(edge(i + 1), one);
      book.ended(edge(i + 1), 1, 'reported');
    }
    book.ended(edge(6), 1, 'lost');
    book.roundEnded(outcome(1));
    const { rounds, edges } = book.history();
    expect(rounds).toEqual([expect.objectContaining({ round: 1, medianLoss: 3, medianCosine: expect.closeTo(1, 6) as number, stepNorm: null })]);
    expect(edges.map(({ parts }) => parts[0].lossRatio)).toEqual([1 / 3, 2 / 3, 1, 4 / 3, 10 / 3, null]);
    expect(edges.map(({ parts }) => parts[0].norm)).toEqual([5, 10, 5, 5, 15, null]);
    // The second went twice as far with twice the examples: that is no more than it should.
    expect(edges.map(({ parts }) => parts[0].lengthRatio)).toEqual([1, 1, 1, 1, 3, null]);
    expect(edges.slice(0, 5).map(({ parts }) => Math.round(1e6 * (parts[0].cosine ?? NaN)) / 1e6)).toEqual([1, 1, 1, 1, -1]);
    expect(edges[0].labels).toEqual([3, 1]);
    expect(edges[5]).toEqual({ edge: edge(6), labels: null, parts: [{ round: 1, status: 'lost', refusal: null, examples: null, loss: null, lossRatio: null, norm: null, lengthRatio: null, cosine: null }] });
  });

  it('takes no evaluation for an update, however small the model is', () => {
    const book = openBook(true, [...FIELDS, { name: 'evaluation.shared.bins', monoid: 'sum', dtype: 'float64', shape: [20], aside: true }]);
    const { weight, fields } = report([3, 4, 0, 0], 1);
    book.merged(edge(1), { weight, fields: { ...fields, 'evaluation.shared.bins': new Float64Array(20).fill(1) } });
    book.ended(edge(1), 1, 'reported');
    book.roundEnded(outcome(1));
    expect(book.history().edges[0].parts[0].norm).toBe(5);
  });

  it('takes nothing of single reports where that is not allowed, and knows what became of assignments all the same', () => {
    const book = openBook(false);
    for (let i = 1; i <= 5; i++) {
      book.merged(edge(i), report([1, 2, 3, 4], i));
      book.ended(edge(i), 1, 'reported');
    }
    book.refused(edge(6), 'not_finite');
    book.roundEnded(outcome(1));
    const { rounds, edges } = book.history();
    expect(rounds[0]).toMatchObject({ medianLoss: null, medianCosine: null });
    expect(edges).toHaveLength(6);
    for (const { parts } of edges) expect(parts[0]).toMatchObject({ examples: null, loss: null, lossRatio: null, norm: null, lengthRatio: null, cosine: null });
    expect(edges[5].parts[0]).toMatchObject({ status: 'refused', refusal: 'not_finite' });
  });

  it('measures the step from version to version, and its direction beside the step before', () => {
    const book = openBook();
    book.stepped(Float32Array.of(0, 0, 0, 0), Float32Array.of(3, 4, 0, 0));
    book.roundEnded(outcome(1));
    book.roundEnded({ ...outcome(2), outcome: 'aborted' });
    book.stepped(Float32Array.of(3, 4, 0, 0), Float32Array.of(0, 0, 0, 0));
    book.roundEnded(outcome(3));
    expect(book.history().rounds.map(({ stepNorm, stepCosine }) => [stepNorm, stepCosine === null ? null : Math.round(stepCosine)])).toEqual([[5, null], [null, null], [5, -1]]);
  });

  it('keeps the first rounds and the last ones, an edge’s last parts, and the edges that took part last', () => {
    const book = openBook();
    for (let round = 1; round <= ROUNDS_KEPT + 20; round++) {
      book.ended(edge(1), round, 'reported');
      book.roundEnded(outcome(round));
    }
    const { rounds, edges } = book.history();
    expect(rounds).toHaveLength(ROUNDS_KEPT);
    expect(rounds.slice(0, FIRST_ROUNDS + 1).map(({ round }) => round)).toEqual([1, 2, 3, 4, 5, 26]);
    expect(rounds.at(-1)?.round).toBe(ROUNDS_KEPT + 20);
    expect(edges[0].parts.map(({ round }) => round)).toEqual(Array.from({ length: PARTS_KEPT }, (_, i) => ROUNDS_KEPT + 13 + i));
    for (let n = 2; n <= EDGES_KEPT + 1; n++) book.ended(edge(n), 101, 'lost');
    book.roundEnded(outcome(101));
    expect(book.history().edges).toHaveLength(EDGES_KEPT);
    expect(book.history().edges.some((trace) => trace.edge === edge(1))).toBe(false);
  });
});

describe('the findings book', () => {
  const finding = (fields: Partial<Finding> = {}): Finding => ({ subject: '', what: 'it is wrong', since: 2, sure: 'likely', evidence: { number: 1 }, edges: [], remedies: ['mend it'], lines: [], ...fields });
  /** Finds what it is told to. */
  function scripted(singleEdges = false): { readonly reading: Reading; say(findings: readonly Finding[] | null): void } {
    let now: readonly Finding[] | null = [];
    return { reading: { name: 'scripted', summary: 'what it is told', needs: { singleEdges }, read: () => now }, say: (findings) => void (now = findings) };
  }

  it('tells what is new, what goes on with the first round that said so, and what is over', () => {
    const { reading, say } = scripted();
    const book = createFindingsBook([reading]);
    say([finding({ since: 3 })]);
    const first = book.read(history({}), 5);
    expect(first.found).toEqual([{ ...finding({ since: 3 }), reading: 'scripted', foundIn: 5, lastIn: 5, overIn: null }]);
    say([finding({ since: 4, evidence: { number: 2 } })]);
    const second = book.read(history({}), 6);
    expect([second.found, second.over]).toEqual([[], []]);
    expect(second.changed).toEqual([{ ...finding({ since: 3, evidence: { number: 2 } }), reading: 'scripted', foundIn: 5, lastIn: 6, overIn: null }]);
    say([]);
    // What is not seen for a single round is not over yet.
    expect(book.read(history({}), 7).over).toEqual([]);
    expect(book.standing()).toHaveLength(1);
    expect(book.read(history({}), 8).over).toEqual([{ ...second.changed[0], overIn: 8 }]);
    expect(book.standing()).toEqual([]);
    say([finding()]);
    expect(book.read(history({}), 9).found).toMatchObject([{ foundIn: 9 }]);
  });

  it('lets stand what a reading cannot tell, and what is about edges that were not heard of since', () => {
    const { reading, say } = scripted();
    const about = { ...finding({ subject: 'e1', edges: [edge(1)] }), reading: 'scripted', foundIn: 3, lastIn: 3, overIn: null };
    const book = createFindingsBook([reading], [about]);
    say(null);
    expect(book.read(history({}), 8).over).toEqual([]);
    say([]);
    expect(book.read(history({ edges: [edgeTrace(1, [{ round: 3 }])] }), 9).over).toEqual([]);
    expect(book.read(history({ edges: [edgeTrace(1, [{ round: 3 }, { round: 10 }])] }), 10).over).toEqual([{ ...about, overIn: 10 }]);
  });

  it('leaves out what reads single edges where the task does not allow it', () => {
    const { reading, say } = scripted(true);
    const book = createFindingsBook([reading]);
    say([finding()]);
    expect(book.read(history({ facts: { singleEdges: false } }), 1).found).toEqual([]);
    expect(book.read(history({ facts: { singleEdges: true } }), 2).found).toHaveLength(1);
  });
});
