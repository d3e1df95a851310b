/** Histories of tasks, written down in a line. */
import type { EdgePart, EdgeTrace, RoundFacts, TaskFacts, TaskHistory } from '../../server/diagnosis/history.ts';
import { asEdgeId } from '../../shared/ids.ts';

export const CHANCE = Math.log(10);

export function history({ rounds = [], edges = [], facts = {} }: { readonly rounds?: readonly RoundFacts[]; readonly edges?: readonly EdgeTrace[]; readonly facts?: Partial<TaskFacts> }): TaskHistory {
  return { facts: { chanceLoss: CHANCE, classes: 10, singleEdges: true, ...facts }, rounds, edges };
}

/** A round that was committed. */
export function roundFacts(round: number, fields: Partial<RoundFacts> = {}): RoundFacts {
  return {
    round, outcome: 'committed', reason: null, selected: 10, reported: 10, trainLoss: 0.5, medianLoss: null, medianCosine: null, heldOut: null,
    stepNorm: 0.3, stepCosine: 0.1, learningRate: 0.1, ...fields,
  };
}

/** Rounds from 1 with these training losses. */
export const roundsOf = (losses: readonly number[], fieldsOf: (index: number) => Partial<RoundFacts> = () => ({})): RoundFacts[] => losses.map((trainLoss, i) => roundFacts(i + 1, { trainLoss, ...fieldsOf(i) }));

export function edgePart(round: number, fields: Partial<EdgePart> = {}): EdgePart {
  return { round, status: 'reported', refusal: null, examples: 100, loss: 0.5, lossRatio: 1, norm: 1, lengthRatio: 1, cosine: 0.3, ...fields };
}

/** An edge that took part in the rounds from 1 on, once for each of these. */
export const edgeTrace = (number: number, parts: readonly Partial<EdgePart>[], labels: readonly number[] | null = null): EdgeTrace => ({
  edge: asEdgeId(`e${number}`), parts: parts.map((fields, i) => edgePart(i + 1, fields)), labels,
});

/** So many edges that are as all are, numbered from 1. */
export const usualEdges = (count: number, parts: number, fields: (edge: number) => Partial<EdgePart> = () => ({})): EdgeTrace[] =>
  Array.from({ length: count }, (_, i) => edgeTrace(i + 1, Array.from({ length: parts }, () => fields(i + 1))));
