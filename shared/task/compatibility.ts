/**
 * The compatibility matrix: the one table of parts of a task that exclude each other.
 * A new rule is one entry; a task that breaks it is refused with the reason and the alternative.
 */
import { aggregationOf, findRule, readsReports } from '../aggregation/registry.ts';
import { modelFreeOf } from '../algorithms/model-free.ts';
import { ALGORITHM_NAMES, configOf, findAlgorithm } from '../algorithms/registry.ts';
import { judgedIn } from '../evaluation/fields.ts';
import { boundsNorms, needsMutualLinks, sendsModels, WAY_NAMES } from '../gossip/registry.ts';
import { findSampler } from '../selection/samplers/registry.ts';
import { isOneWay } from '../topology/registry.ts';
import { classesOf } from './data-contract.ts';
import { allowsSingleEdges } from './diagnosis-settings.ts';
import { DEFAULT_OVER_SELECTION, trainsModel, type AnyTask, type GossipTask, type TaskSpec } from './task-spec.ts';

interface CompatibilityRule<Spec> {
  /** The setting to change, dotted: what a refusal points at. */
  readonly path: string;
  /** The parts that cannot stand together, for people. */
  readonly parts: string;
  readonly excluded: (spec: Spec) => boolean;
  readonly reason: string | ((spec: Spec) => string);
  readonly alternative: string;
}

/** Beside their vectors, what is merged of control variates, amounts of steps or curvatures. */
const PUTS_FIELDS_TOGETHER: ReadonlySet<string> = new Set(['scaffold', 'fednova', 'feddyn', 'q-fedavg']);

const isRegression = ({ data }: Pick<TaskSpec, 'data'>): boolean => classesOf(data) === null;

const hasClassWeights = ({ algorithm: { classWeights } }: Pick<TaskSpec, 'algorithm'>): boolean => classWeights !== undefined && classWeights !== null;

const stratifiesByLabel = ({ selection: { sampler } }: TaskSpec): boolean => sampler.name === 'stratified' && sampler.by === 'label';

/** Of tasks in either mode. */
const COMMON_RULES: readonly CompatibilityRule<AnyTask>[] = [
  {
    path: 'stop.accuracy',
    parts: 'an accuracy to stop at and a numeric label',
    excluded: (spec) => spec.stop.accuracy !== null && isRegression(spec),
    reason: 'accuracy is the fraction classified rightly, and a numeric label has no classes',
    alternative: 'leave it out and set stop.rounds, or make the label categorical',
  },
  {
    path: 'model.loss',
    parts: 'a cross-entropy and a numeric label',
    excluded: (spec) => spec.model !== undefined && spec.model.loss !== 'meanSquaredError' && isRegression(spec),
    reason: 'cross-entropy compares probabilities of classes, and a numeric label has none',
    alternative: 'use meanSquaredError, or make the label categorical',
  },
  {
    path: 'algorithm.classWeights',
    parts: 'class weights and a numeric label',
    excluded: (spec) => hasClassWeights(spec) && isRegression(spec),
    reason: 'a numeric label has no classes to weigh',
    alternative: 'leave them out, or make the label categorical',
  },
  {
    path: 'algorithm.classWeights',
    parts: 'a list of class weights and another number of classes',
    excluded: ({ algorithm: { classWeights }, data }) => Array.isArray(classWeights) && classesOf(data) !== null && classWeights.length !== classesOf(data)?.length,
    reason: 'each class has its own weight',
    alternative: 'give one for each class that the data contract names, or "balanced"',
  },
];

const FEDERATED_RULES: readonly CompatibilityRule<TaskSpec>[] = [
  {
    path: 'algorithm.edges',
    parts: 'a number of edges in all and a larger round',
    excluded: ({ algorithm: { edges }, round }) => typeof edges === 'number' && round.goal > edges,
    reason: 'more edges would report in one round than take part in all',
    alternative: 'set algorithm.edges to the size of the population, or lower round.goal',
  },
  {
    path: 'limits.maxWeight',
    parts: 'a least number of examples and a smaller bound on the weight',
    excluded: ({ limits, selection }) => selection.criteria.examples !== undefined && selection.criteria.examples.atLeast > limits.maxWeight,
    reason: 'a report weighs as many as its examples, so every edge with enough examples to be eligible would be refused',
    alternative: 'raise limits.maxWeight, or lower selection.criteria.examples.atLeast',
  },
  {
    path: 'limits.maxWeight',
    parts: 'a least number of examples of each class and a smaller bound on the weight',
    excluded: ({ limits, selection: { criteria } }) => criteria.labels !== undefined && criteria.labels.classes * criteria.labels.atLeast > limits.maxWeight,
    reason: 'a report weighs as many as its examples, so every edge with enough of enough classes would be refused',
    alternative: 'raise limits.maxWeight, or lower selection.criteria.labels',
  },
  {
    path: 'selection.criteria.labels',
    parts: 'a count of labels and a numeric label',
    excluded: (spec) => spec.selection.criteria.labels !== undefined && isRegression(spec),
    reason: 'a numeric label has no classes to count',
    alternative: 'leave it out, or make the label categorical',
  },
  {
    path: 'selection.criteria.labels.classes',
    parts: 'a number of classes to be covered and fewer classes',
    excluded: ({ data, selection: { criteria } }) => criteria.labels !== undefined && criteria.labels.classes > (classesOf(data)?.length ?? Infinity),
    reason: 'no edge can hold examples of more classes than the data contract names',
    alternative: 'ask for as many classes as there are, or fewer',
  },
  {
    path: 'selection.sampler.by',
    parts: 'groups by label and a numeric label',
    excluded: (spec) => stratifiesByLabel(spec) && isRegression(spec),
    reason: 'a numeric label has no classes to group by',
    alternative: 'group by deviceClass or region, or make the label categorical',
  },
  {
    path: 'selection.scores',
    parts: 'scores and a sampler that goes by none',
    excluded: ({ selection: { scores, sampler } }) => scores.length > 0 && findSampler(sampler).scores === 'ignored',
    reason: 'they would be worked out and change nothing',
    alternative: 'use the sampler weighted or topK, or leave the scores out',
  },
  {
    path: 'selection.sampler',
    parts: 'a sampler that goes by scores and no scores',
    excluded: ({ selection: { scores, sampler } }) => scores.length === 0 && findSampler(sampler).scores === 'needed',
    reason: 'without a score all are alike to it',
    alternative: 'name selection.scores, or use the sampler uniform',
  },
  {
    path: 'selection.criteria.network.allow',
    parts: 'an edge that is offline and one that takes part',
    excluded: ({ selection: { criteria } }) => criteria.network !== undefined && criteria.network.allow.every((type) => type === 'offline'),
    reason: 'no device that is offline checks in',
    alternative: 'allow another network, too',
  },
  {
    path: 'selection.criteria.visibility',
    parts: 'the native backend and a visible page',
    excluded: ({ selection: { criteria } }) =>
      criteria.backend !== undefined && criteria.backend.allow.every((name) => name === 'native') && criteria.visibility !== undefined && !criteria.visibility.allow.includes('hidden'),
    reason: 'the native backend runs in Node agents alone, which have no page: they are hidden',
    alternative: 'allow hidden, or another backend',
  },
  {
    path: 'diagnosis.singleEdges',
    parts: 'a look at what single edges reported and a task that keeps it off the disk',
    excluded: (spec) => spec.diagnosis.singleEdges === true && trainsModel(spec) && !allowsSingleEdges(spec),
    reason: 'what is found of an edge is stored with its losses and lengths of updates',
    alternative: 'leave diagnosis.singleEdges out or set it to false, or set privacy.journal to true',
  },
  {
    path: 'diagnosis.singleEdges',
    parts: 'a look at what single edges reported and a task without a model',
    excluded: (spec) => spec.diagnosis.singleEdges === true && !trainsModel(spec),
    reason: 'what an edge reports are statistics of what it holds, and nothing is told that a few edges alone are behind',
    alternative: 'leave diagnosis.singleEdges out or set it to false',
  },
];

/** Algorithms whose edges wait for nobody. A name that is none is refused elsewhere. */
const waitsForNobody = ({ algorithm: { name } }: Pick<AnyTask, 'algorithm'>): boolean => ALGORITHM_NAMES.includes(name) && !findAlgorithm(name).needs.barrier;

/** Of a task whose reports count whenever they come. */
const BUFFER_RULES: readonly CompatibilityRule<TaskSpec>[] = [
  {
    path: 'round.overSelection',
    parts: 'over-selection and an algorithm whose edges wait for nobody',
    excluded: (spec) => waitsForNobody(spec) && spec.round.overSelection !== 1 && spec.round.overSelection !== DEFAULT_OVER_SELECTION,
    reason: 'it makes up for edges that are cut off when a round ends, and here nobody is: a slow edge’s report counts later',
    alternative: 'set algorithm.concurrency, the number of edges that work at once, and leave round.overSelection out',
  },
];

const keepsPart = ({ algorithm: { name } }: Pick<AnyTask, 'algorithm'>): boolean => ALGORITHM_NAMES.includes(name) && findAlgorithm(name).personal?.stays === 'part';

const PERSONAL_RULES: readonly CompatibilityRule<TaskSpec>[] = [
  {
    path: 'stop.accuracy',
    parts: 'an accuracy to stop at and an algorithm of which a part of the model stays on the edges',
    excluded: (spec) => spec.stop.accuracy !== null && keepsPart(spec),
    reason: 'the coordinator has no whole model that it could evaluate',
    alternative: 'leave it out, and set evaluation and stop.patience with of: personal',
  },
  {
    path: 'stop.patience.of',
    parts: 'patience by the shared model and an algorithm of which a part of the model stays on the edges',
    excluded: (spec) => spec.stop.patience !== null && spec.stop.patience.of !== 'personal' && keepsPart(spec),
    reason: 'the shared part alone is no model that anybody uses',
    alternative: 'go by the edges’ own models (personal)',
  },
];

const EVALUATION_RULES: readonly CompatibilityRule<TaskSpec>[] = [
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
    excluded: ({ evaluation, data }) => evaluation !== null && data.validation.fraction === 0,
    reason: 'it judges a version on examples that were not trained on, and there would be none',
    alternative: 'set data.validation.fraction (0.2, say), or leave evaluation out',
  },
  {
    path: 'evaluation',
    parts: 'an evaluation by the edges and a task without a model',
    excluded: (spec) => spec.evaluation !== null && ALGORITHM_NAMES.includes(spec.algorithm.name) && modelFreeOf(spec) !== null,
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
    excluded: ({ evaluation, algorithm }) => evaluation !== null && ALGORITHM_NAMES.includes(algorithm.name) && !findAlgorithm(algorithm.name).needs.barrier,
    reason: 'the reports that make a version went on from several older ones, and their sums would judge none of them',
    alternative: 'leave evaluation out and have the coordinator evaluate (murmur serve --evaluate), or use an algorithm with plain rounds',
  },
  {
    path: 'evaluation',
    parts: 'an evaluation by the edges and a task without a model',
    excluded: ({ evaluation, model }) => evaluation !== null && model === undefined,
    reason: 'there is nothing to judge',
    alternative: 'leave evaluation out',
  },
];

/** What a task without a model must be. */
const MODEL_FREE_RULES: readonly CompatibilityRule<TaskSpec>[] = [
  {
    path: 'aggregation.rule',
    parts: 'an algorithm without a model and a rule other than the mean',
    excluded: (spec) => modelFreeOf(spec) !== null && aggregationOf(spec).rule !== 'mean',
    reason: 'its numbers are counts, moments and sketches, which mean something when all of them have merged',
    alternative: 'use the rule mean; reports are checked by ranges as they arrive',
  },
  {
    path: 'model',
    parts: 'an algorithm that trains and no model',
    excluded: (spec) => modelFreeOf(spec) === null && spec.model === undefined,
    reason: 'there is nothing to train',
    alternative: 'give the task a model, or take an algorithm that needs none (statistics)',
  },
  {
    path: 'model',
    parts: 'a model and an algorithm that trains none',
    excluded: (spec) => modelFreeOf(spec) !== null && spec.model !== undefined,
    reason: 'it would be downloaded and serve nobody',
    alternative: 'leave the model out, or take an algorithm that trains (fedavg)',
  },
  {
    path: 'data.kind',
    parts: 'bare columns and an algorithm that reads examples',
    excluded: (spec) => spec.data.kind === 'columns' && modelFreeOf(spec)?.reads !== 'columns',
    reason: 'columns are read as they stand, and nothing says how an example is made of them',
    alternative: 'use the data kind table, or the algorithm statistics',
  },
  {
    path: 'round.minimum',
    parts: 'fewer reports than a result may be made of',
    excluded: (spec) => (modelFreeOf(spec)?.leastEdges(configOf(spec.algorithm)) ?? 0) > spec.round.minimum,
    reason: 'a round could end with reports that must not be published',
    alternative: 'raise round.minimum to algorithm.k, or lower algorithm.k',
  },
  {
    path: 'stop.accuracy',
    parts: 'an accuracy to stop at and a task without a model',
    excluded: (spec) => spec.stop.accuracy !== null && spec.model === undefined,
    reason: 'there is no model whose accuracy could be measured',
    alternative: 'leave it out and set stop.rounds',
  },
];

/** Reports. */
const MOST_COMPARED = 1000;

const AGGREGATION_RULES: readonly CompatibilityRule<TaskSpec>[] = [
  {
    path: 'round.minimum',
    parts: 'attackers that a rule is to withstand and a round of too few reports',
    excluded: ({ aggregation, round }) => round.minimum < findRule(aggregation).bound(aggregation).reports,
    reason({ aggregation, round }) {
      const { reports, formula } = findRule(aggregation).bound(aggregation);
      return `of f wrong reports the rule ${aggregation.rule} withstands so many where there are ${formula} = ${reports} or more in all, and ${round.minimum} are enough for a round of this task`;
    },
    alternative: 'raise round.minimum, or lower aggregation.attackers',
  },
  {
    path: 'aggregation.rule',
    parts: 'a rule that sees all reports and an algorithm whose server half puts several merged fields together',
    excluded: (spec) => readsReports(spec) && PUTS_FIELDS_TOGETHER.has(spec.algorithm.name),
    reason: 'each field would be judged by itself, and a report that lies in the number that scales the others would be believed',
    alternative: 'use the rule mean, or fedavg or fedprox',
  },
  {
    path: 'aggregation.rule',
    parts: 'a rule that sees all reports of a round and an algorithm without rounds',
    excluded: (spec) => readsReports(spec) && !findAlgorithm(spec.algorithm.name).needs.barrier,
    reason: 'reports of different versions differ by more than their edges, and their weights say how old they are, which such a rule does not look at',
    alternative: 'use the rule mean, norm-bound with a norm, or an algorithm with rounds',
  },
  {
    path: 'round.goal',
    parts: 'a rule that compares each two reports and too many of them',
    excluded: ({ aggregation, round }) => findRule(aggregation).pairwise && round.goal > MOST_COMPARED,
    reason: `its work grows with the square of their number; up to ${MOST_COMPARED} are compared`,
    alternative: 'lower round.goal, or use the rule median or trimmed-mean',
  },
];

const GOSSIP_RULES: readonly CompatibilityRule<GossipTask>[] = [
  {
    path: 'algorithm.name',
    parts: 'a buffer of reports and peers that learn among themselves',
    excluded: waitsForNobody,
    reason: 'the buffer is a coordinator’s, and a peer goes on from its own model',
    alternative: 'use the algorithm fedavg and the way epidemic, in which peers wait for nobody either, or the mode federated',
  },
  {
    path: 'algorithm.name',
    parts: 'peers without a coordinator and an algorithm that gives each edge a model of its own',
    excluded: ({ algorithm }) => ALGORITHM_NAMES.includes(algorithm.name) && findAlgorithm(algorithm.name).personal !== undefined,
    reason: 'peers average their whole models with their neighbours, and each has its own as it is',
    alternative: 'use fedavg, or let a coordinator lead the rounds (mode federated)',
  },
  {
    path: 'algorithm.name',
    parts: 'peers and an algorithm that trains no model',
    excluded: (task) => modelFreeOf(task) !== null,
    reason: 'peers average models, and nobody among them would publish a result',
    alternative: 'use the mode federated, or an algorithm that trains (fedavg)',
  },
  {
    path: 'algorithm.name',
    parts: 'an algorithm that compares an edge with all others and peers without a server',
    excluded: ({ algorithm }) => ALGORITHM_NAMES.includes(algorithm.name) && findAlgorithm(algorithm.name).needs.edgeState && findAlgorithm(algorithm.name).personal === undefined,
    reason: 'a peer runs the server’s half over its own report alone, and there is nobody to differ from',
    alternative: 'use fedavg or fedprox, or mode "federated"',
  },
  {
    path: 'gossip.robust.clip',
    parts: 'self-centered clipping and a way whose letters hold no model',
    excluded: ({ gossip }) => gossip.robust.clip !== null && !sendsModels(gossip.way.name),
    reason: 'it measures how far a neighbour’s model lies from one’s own',
    alternative: 'use the way d-psgd or epidemic, or set gossip.robust.clip to null',
  },
  {
    path: 'limits.maxNorm',
    parts: 'a largest norm and a way whose letters hold no model',
    excluded: ({ gossip, limits }) => limits.maxNorm !== null && !boundsNorms(gossip.way.name),
    reason: 'running sums grow without end, and the norm of a difference says nothing of the model’s',
    alternative: 'use the way d-psgd, epidemic or group-average, or set limits.maxNorm to null',
  },
  {
    path: 'gossip.topology',
    parts: 'a graph of one-way links and a way whose letters are answered in the same round',
    excluded: ({ gossip }) => isOneWay(gossip.topology.name) && needsMutualLinks(gossip.way.name),
    reason: 'a peer would wait for letters that nobody sends',
    alternative: 'use the way d-psgd or push-sum, or another graph',
  },
];

interface Incompatibility {
  readonly path: string;
  readonly message: string;
}

/** What is wrong with the parts of a valid spec together; empty when they can serve one task. */
export function findIncompatibilities(spec: TaskSpec): readonly Incompatibility[] {
  return [
    ...brokenBy(COMMON_RULES, spec),
    ...brokenBy(FEDERATED_RULES, spec),
    ...brokenBy(BUFFER_RULES, spec),
    ...brokenBy(PERSONAL_RULES, spec),
    ...brokenBy(EVALUATION_RULES, spec),
    ...brokenBy(AGGREGATION_RULES, spec),
    ...brokenBy(MODEL_FREE_RULES, spec),
    ...misfits(spec),
  ];
}

/** What an algorithm without a model finds wrong with its data. */
function misfits(spec: TaskSpec): readonly Incompatibility[] {
  const problems = modelFreeOf(spec)?.problems(spec.data, configOf(spec.algorithm)) ?? [];
  return problems.map(({ path, message }) => ({ path: `algorithm.${path}`, message }));
}

/** The same for a task in gossip mode. */
export function gossipIncompatibilities(task: GossipTask): readonly Incompatibility[] {
  const { name } = task.gossip.way;
  if (!WAY_NAMES.includes(name)) return [{ path: 'gossip.way.name', message: `there is no way to gossip ${JSON.stringify(name)}; there are: ${WAY_NAMES.join(', ')}` }];
  return [...brokenBy(COMMON_RULES, task), ...brokenBy(GOSSIP_RULES, task)];
}

function brokenBy<Spec>(rules: readonly CompatibilityRule<Spec>[], spec: Spec): Incompatibility[] {
  return rules
    .filter((rule) => rule.excluded(spec))
    .map(({ path, parts, reason, alternative }) => ({ path, message: `${parts} exclude each other: ${typeof reason === 'string' ? reason : reason(spec)}; ${alternative}` }));
}
