import { describe, expect, it } from 'vitest';
import { abortedRounds } from '../../server/diagnosis/readings/aborted-rounds.ts';
import { divergence } from '../../server/diagnosis/readings/divergence.ts';
import { edgeDirection } from '../../server/diagnosis/readings/edge-direction.ts';
import { edgeLength } from '../../server/diagnosis/readings/edge-length.ts';
import { edgeLoss } from '../../server/diagnosis/readings/edge-loss.ts';
import { labelSkew } from '../../server/diagnosis/readings/label-skew.ts';
import { modelTooSmall } from '../../server/diagnosis/readings/model-too-small.ts';
import { neverReports } from '../../server/diagnosis/readings/never-reports.ts';
import { overfitting } from '../../server/diagnosis/readings/overfitting.ts';
import { rateTooHigh } from '../../server/diagnosis/readings/rate-too-high.ts';
import { rateTooLow } from '../../server/diagnosis/readings/rate-too-low.ts';
import { refusedReports } from '../../server/diagnosis/readings/refused-reports.ts';
import { unlikeEdges } from '../../server/diagnosis/readings/unlike-edges.ts';
import type { Reading } from '../../server/diagnosis/reading.ts';
import { READINGS } from '../../server/diagnosis/registry.ts';
import { readingConformance, type ReadingCases } from '../conformance/reading.ts';
import { CHANCE, edgePart, edgeTrace, history, roundFacts, roundsOf, usualEdges } from '../helpers/histories.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const aborted = (round: number, reason: string) => roundFacts(round, { outcome: 'aborted', reason, reported: 0, trainLoss: null, stepNorm: null, stepCosine: null });
const heldOut = (loss: number) => ({ loss, accuracy: 0.9, by: 'coordinator' as const });
/** Every second one a little above, every second a little below. */
const wiggle = (edge: number): number => (edge % 2 === 0 ? 1.05 : 0.95);

const CASES: readonly (readonly [Reading, ReadingCases])[] = [
  [
    rateTooLow,
    {
      // 1 % of 2.3 a round, in steps that all go the same way.
      troubled: history({ rounds: roundsOf(range(12).map((i) => 2.3 - 0.023 * i), () => ({ stepCosine: 0.97 })) }),
      findings: [{ subject: '', since: 5, sure: 'likely', edges: [] }],
      // As high, but a loss that falls less and less comes near its end.
      sound: history({ rounds: roundsOf(range(12).map((i) => 1 + 1.3 * 0.5 ** i), () => ({ stepCosine: 0.97 })) }),
    },
  ],
  [
    rateTooHigh,
    {
      troubled: history({ rounds: roundsOf([10.9, 2.32, 2.31, 2.33, 2.32, 2.31, 2.32]) }),
      findings: [{ subject: '', since: 2, sure: 'likely', evidence: { 'training loss': 13.91 / 6, 'loss of guessing': CHANCE, 'worst training loss': 10.9, 'cosine of successive steps': 0.1 } }],
      sound: history({ rounds: roundsOf([2.3, 1.9, 1.4, 1.1, 0.9, 0.8, 0.7]) }),
    },
  ],
  [
    modelTooSmall,
    {
      troubled: history({ rounds: roundsOf([2.2, 1.7, 1.3, ...range(10).map(() => 1.25)], () => ({ heldOut: heldOut(1.27) })) }),
      findings: [{ subject: '', since: 4, sure: 'likely' }],
      sound: history({ rounds: roundsOf([2.2, 1.7, 1.3, ...range(10).map((i) => 1.25 * 0.95 ** i)], () => ({ heldOut: heldOut(1.27) })) }),
    },
  ],
  [
    divergence,
    {
      troubled: history({ rounds: roundsOf([1.5, 1, 0.8, 0.8, 0.8, 1.2, 1.9, 2.4, 2.6], (i) => ({ stepNorm: i < 5 ? 0.5 : 2 })) }),
      // The median of three is least in rounds 3 to 5; that of the last three is 2.4.
      findings: [{ subject: '', since: 4, sure: 'certain', evidence: { 'best loss': 0.8, 'loss now': 2.4, 'growth of the steps': 4 } }],
      // One bad round is none.
      sound: history({ rounds: roundsOf([1.5, 1, 0.8, 0.8, 0.8, 0.8, 2.4, 0.8, 0.8]) }),
    },
  ],
  [
    overfitting,
    {
      troubled: history({ rounds: roundsOf(range(12).map((i) => 1 - 0.07 * i), (i) => ({ heldOut: heldOut(i < 5 ? 1 - 0.1 * i : 0.6 + 0.1 * (i - 4)) })) }),
      // Held-out losses 1 … 0.6 (round 5) … 1.3: of three in a row 0.7, 0.6, 0.7 are the lowest.
      findings: [{ subject: '', since: 6, sure: 'certain' }],
      sound: history({ rounds: roundsOf(range(12).map((i) => 1 - 0.07 * i), (i) => ({ heldOut: heldOut(1 - 0.05 * i) })) }),
    },
  ],
  [
    edgeLoss,
    {
      troubled: history({ rounds: roundsOf(range(4)), edges: [...usualEdges(9, 3, (edge) => ({ lossRatio: wiggle(edge) })), edgeTrace(10, [{ lossRatio: 4, loss: 2 }, { lossRatio: 5, loss: 2.5 }, { lossRatio: 4, loss: 2 }])] }),
      findings: [{ subject: 'e10', edges: ['e10' as never], since: 1, sure: 'certain', evidence: { 'times the others’ loss': expect.closeTo(4, 9) as number, 'its last loss': 2, reports: 3 } }],
      // Where edges differ that much anyway nobody stands out.
      sound: history({ rounds: roundsOf(range(4)), edges: [...usualEdges(9, 3, (edge) => ({ lossRatio: 2 ** (edge - 5) })), edgeTrace(10, [{ lossRatio: 4 }, { lossRatio: 5 }])] }),
    },
  ],
  [
    edgeDirection,
    {
      troubled: history({ rounds: roundsOf(range(4)), edges: [...usualEdges(9, 3), edgeTrace(10, [{ cosine: -0.4 }, { cosine: -0.3 }, { cosine: -0.5 }])] }),
      findings: [{ subject: 'e10', edges: ['e10' as never], since: 1, sure: 'certain', evidence: { 'cosine to the others': -0.4, 'the edges’ median': 0.3, 'deviations below it': 0.7 / 0.06, reports: 3 } }],
      // Once is an accident.
      sound: history({ rounds: roundsOf(range(4)), edges: [...usualEdges(9, 3), edgeTrace(10, [{ cosine: 0.2 }, { cosine: -0.3 }, { cosine: 0.1 }])] }),
    },
  ],
  [
    edgeLength,
    {
      troubled: history({ rounds: roundsOf(range(4)), edges: [...usualEdges(9, 3, (edge) => ({ lengthRatio: wiggle(edge) })), edgeTrace(10, [{ lengthRatio: 5, norm: 5 }, { lengthRatio: 5, norm: 7 }])] }),
      findings: [{ subject: 'e10', edges: ['e10' as never], since: 1, sure: 'likely', evidence: { 'times the others’ length': expect.closeTo(5, 9) as number, 'mean length': 6, reports: 2 } }],
      sound: history({ rounds: roundsOf(range(4)), edges: [...usualEdges(9, 3, (edge) => ({ lengthRatio: wiggle(edge) })), edgeTrace(10, [{ lengthRatio: 1 }, { lengthRatio: 500 }])] }),
    },
  ],
  [
    labelSkew,
    {
      // Ten classes, each edge all of one: 9 of 10 of its examples would have to be others.
      troubled: history({ rounds: roundsOf([1, 1]), edges: range(10).map((edge) => edgeTrace(edge, [{}], range(10).map((label) => (label === edge ? 400 : 0)))) }),
      findings: [{ subject: '', since: 2, sure: 'certain', evidence: { 'mean distance from the whole': expect.closeTo(0.9, 9) as number, 'beyond what chance brings': expect.closeTo(0.9 - 0.5 * Math.sqrt(2 / Math.PI) * 10 * Math.sqrt(0.09 / 400), 9) as number, 'classes an edge': 1, 'edges that tell': 10 } }],
      sound: history({ rounds: roundsOf([1, 1]), edges: range(10).map((edge) => edgeTrace(edge, [{}], range(10).map((label) => 40 + ((label + edge) % 3)))) }),
    },
  ],
  [
    unlikeEdges,
    {
      troubled: history({ rounds: roundsOf([0.5, 0.4, 0.4, 0.3], (i) => ({ heldOut: heldOut([2, 2, 1.6, 1.2][i]), medianCosine: [0.1, 0.1, 0.2, 0.1][i] })) }),
      findings: [{ subject: '', since: 1, sure: 'certain', evidence: { 'held-out loss over training loss': 4, 'cosine to the others': 0.1, 'rounds looked at': 4 } }],
      // What was learned by heart leaves a gap, too; but then edges go the same way.
      sound: history({ rounds: roundsOf([0.5, 0.4, 0.4, 0.3], (i) => ({ heldOut: heldOut([2, 2, 1.6, 1.2][i]), medianCosine: 0.7 })) }),
    },
  ],
  [
    neverReports,
    {
      troubled: history({ rounds: roundsOf(range(6)), edges: [...usualEdges(9, 4), edgeTrace(10, range(4).map(() => ({ status: 'lost' as const })))] }),
      // The others always finish: four in a row are no accident.
      findings: [{ subject: 'e10', edges: ['e10' as never], since: 1, sure: 'certain', evidence: { 'asked in a row without a report': 4, 'of these, rounds that closed without it': 0, 'share that the others finish': 1 } }],
      // Its owner declines, or it is as unreliable as all.
      sound: history({ rounds: roundsOf(range(6)), edges: [...usualEdges(9, 4, (edge) => ({ status: edge % 2 === 0 ? 'lost' : 'reported' })), edgeTrace(10, range(4).map(() => ({ status: 'lost' as const }))), edgeTrace(11, range(4).map(() => ({ status: 'declined' as const })))] }),
    },
  ],
  [
    refusedReports,
    {
      troubled: history({ rounds: roundsOf(range(3)), edges: [edgeTrace(1, [{ status: 'withdrawn', refusal: 'not_finite' }, {}, {}]), edgeTrace(2, [{}, { status: 'withdrawn', refusal: 'not_finite' }, { status: 'withdrawn', refusal: 'norm_too_large' }])] }),
      findings: [{ subject: 'not_finite', edges: ['e1' as never, 'e2' as never], since: 1, sure: 'certain', evidence: { 'reports refused': 2, edges: 2, 'reports that counted': 30 } }],
      sound: history({ rounds: roundsOf(range(3)), edges: [edgeTrace(1, [{ status: 'withdrawn', refusal: 'not_finite' }, {}, {}])] }),
    },
  ],
  [
    abortedRounds,
    {
      troubled: history({ rounds: [roundFacts(1), aborted(2, '1 of 4 reports came'), aborted(3, '3 of 4 reports came'), roundFacts(4), aborted(5, '2 of 4 reports came')] }),
      findings: [{ subject: '# of # reports came', since: 2, sure: 'certain', evidence: { 'rounds aborted': 3, 'rounds looked at': 5, 'edges selected in the newest': 10, 'reports in it': 0 } }],
      sound: history({ rounds: [aborted(1, '1 of 4 reports came'), aborted(2, 'the journal cannot be opened'), roundFacts(3), aborted(4, 'the update failed')] }),
    },
  ],
];

for (const [reading, cases] of CASES) readingConformance(reading, cases);

describe('the registry of readings', () => {
  it('has each under a name of its own, and a case here', () => {
    expect(new Set(READINGS.map(({ name }) => name)).size).toBe(READINGS.length);
    expect(CASES.map(([{ name }]) => name).sort()).toEqual(READINGS.map(({ name }) => name).sort());
  });
});

describe('readings of losses', () => {
  it('go by the median edge where single edges are read: a few bad ones are no trouble of the model', () => {
    const rounds = roundsOf(range(12).map(() => 1.25), (i) => ({ medianLoss: 0.8 * 0.9 ** i }));
    expect(modelTooSmall.read(history({ rounds }))).toEqual([]);
  });

  it('find what is known by heart, though the held-out loss does not rise', () => {
    const judged = (stands: number) => roundsOf(range(12).map((i) => 0.1 * 0.7 ** i), (i) => ({ heldOut: heldOut(Math.max(stands, 2 - 0.2 * i)) }));
    expect(overfitting.read(history({ rounds: judged(1.6) }))).toMatchObject([{ since: 5, sure: 'likely', edges: [] }]);
    expect(overfitting.read(history({ rounds: judged(0) }))).toEqual([]);
  });

  it('say nothing of guessing where there are no classes to guess', () => {
    expect(rateTooHigh.read(history({ rounds: roundsOf(range(9).map(() => 2.3)), facts: { chanceLoss: null, classes: null } }))).toBeNull();
  });

  it('find a loss that is no number any more', () => {
    const [found] = divergence.read(history({ rounds: roundsOf([1.5, 1, 0.8, 0.8, 0.8, NaN, NaN, NaN]) })) ?? [];
    expect(found).toMatchObject({ since: 4, sure: 'certain', evidence: { 'best loss': 0.8 } });
    expect(found.what).toBe('the loss is no number any more; it was 0.800 in round 4');
  });
});

describe('readings of edges', () => {
  it('say nothing while there are too few to compare', () => {
    for (const reading of [edgeLoss, edgeDirection, edgeLength]) expect(reading.read(history({ edges: [edgeTrace(1, [edgePart(1), edgePart(2)])] }))).toBeNull();
  });
});
