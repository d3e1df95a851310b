/** Versions that the edges judge, and patience by what they find. */
import { modelFreeOf } from '../../algorithms/model-free.ts';
import { judgedIn } from '../../evaluation/fields.ts';
import type { TaskSpec } from '../task-spec.ts';
import { isRegression, waitsForNobody } from './facts.ts';
import type { CompatibilityRule } from './rule.ts';

export const EVALUATION_RULES: readonly CompatibilityRule<TaskSpec>[] = [
  {
    path: 'stop.patience.of',
    parts: 'patience by what edges find and no evaluation by them',
    excluded: ({ stop: { patience }, evaluation }) => patience !== null && patience.of !== 'central' && evaluation === null,
    reason: 'no edge would ever say whether a version is better',
    alternative: 'set evaluation, or go by the central evaluation (stop.patience.of)',
  },
  {
    path: 'stop.patience.of',
    parts: 'patience by the edges’ own models and edges that have none',
    excluded: (spec) => spec.stop.patience?.of === 'personal' && spec.evaluation !== null && !judgedIn(spec).includes('personal'),
    reason: 'an edge judges a model of its own only where it makes one',
    alternative: 'set evaluation.personalise, use an algorithm with personal models (ditto, say), or go by the shared model (federated)',
  },
  {
    path: 'stop.patience.rounds',
    parts: 'patience for fewer rounds than lie between two evaluations',
    excluded: ({ stop: { patience }, evaluation }) => patience !== null && patience.of !== 'central' && evaluation !== null && patience.rounds < evaluation.everyVersions,
    reason: 'the second version that is judged would end the task unless it was better, however little was tried',
    alternative: 'raise stop.patience.rounds to some evaluations’ worth, or lower evaluation.everyVersions',
  },
  {
    path: 'stop.patience.metric',
    parts: 'patience by accuracy and a numeric label',
    excluded: (spec) => spec.stop.patience?.metric === 'accuracy' && isRegression(spec),
    reason: 'accuracy is the fraction classified rightly, and a numeric label has no classes',
    alternative: 'go by the loss (stop.patience.metric)',
  },
  {
    path: 'evaluation',
    parts: 'an evaluation by the edges and edges that hold nothing back',
    excluded: ({ evaluation, data, model }) => evaluation !== null && model !== undefined && data.validation.fraction === 0,
    reason: 'it judges a version on examples that were not trained on, and there would be none',
    alternative: 'set data.validation.fraction (0.2, say), or leave evaluation out',
  },
  {
    path: 'evaluation',
    parts: 'an evaluation by the edges and a task without a model',
    excluded: (spec) => spec.evaluation !== null && (spec.model === undefined || modelFreeOf(spec) !== null),
    reason: 'there is nothing that could be right or wrong about an example',
    alternative: 'leave evaluation out, or train a model',
  },
  {
    path: 'evaluation.by',
    parts: 'an evaluation by label and a numeric label',
    excluded: (spec) => spec.evaluation?.by === 'label' && isRegression(spec),
    reason: 'a numeric label has no classes to tell edges apart by',
    alternative: 'tell them apart by deviceClass or region, or make the label categorical',
  },
  {
    path: 'evaluation.regions',
    parts: 'an evaluation by region and no regions',
    excluded: ({ evaluation }) => evaluation?.by === 'region' && evaluation.regions.length === 0,
    reason: 'an edge says which of the task’s regions it stands in, and all would be elsewhere',
    alternative: 'name them in evaluation.regions, or tell edges apart by deviceClass',
  },
  {
    path: 'evaluation.minimumEdges',
    parts: 'a least number of edges behind an evaluation and a smaller round',
    excluded: ({ evaluation, round }) => evaluation !== null && evaluation.minimumEdges > round.goal,
    reason: 'a round closes with fewer reports, so nothing would ever be told',
    alternative: 'lower evaluation.minimumEdges, or raise round.goal',
  },
  {
    path: 'evaluation',
    parts: 'an evaluation by the edges and rounds without a common deadline',
    excluded: (spec) => spec.evaluation !== null && waitsForNobody(spec),
    reason: 'the reports that make a version went on from several older ones, and their sums would judge none of them',
    alternative: 'leave evaluation out and have the coordinator evaluate (murmur serve --evaluate), or use an algorithm with plain rounds',
  },
];
