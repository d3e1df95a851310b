/**
 * Whom a model serves worst (docs/results-fairness.md): Synthetic(1, 1), 30 edges whose labels come from linear models that differ and of which few
 * hold most, with softmax regression, a dataset of the q-FedAvg paper (Li et al. 2020); all of them in each round, so that all are judged.
 */
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { madeContract } from '../datasets/made-table.ts';
import { denseNet } from '../models/dense-net.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';

const EDGES = 30;
const [FEATURES, CLASSES] = [60, 10];
/** One step: the estimate of the curvature, q · F^(q−1) · |Δ/η|², grows with the square of the steps, and more of them make q-FedAvg slow (the paper's q-FedSGD). */
const LOCAL = { steps: 1, batchSize: null, learningRate: 0.5 } as const;
const ROUNDS = 1000;

const CONTENDERS: readonly { readonly name: string; readonly text: string; readonly algorithm: TaskSpecInput['algorithm'] }[] = [
  { name: 'fedavg', text: 'FedAvg', algorithm: { name: 'fedavg', ...LOCAL } },
  ...[0, 1, 2].map((q) => ({ name: `q${q}`, text: `q-FedAvg, q = ${q}`, algorithm: { name: 'q-fedavg', ...LOCAL, q } })),
];

/** `fairness-fedavg`, `fairness-q0`, `fairness-q1`, `fairness-q2`. */
export const FAIRNESS: readonly ScenarioInput[] = CONTENDERS.map(({ name, text, algorithm }) => ({
  name: `fairness-${name}`,
  description: `${text}: Synthetic(1, 1), ${EDGES} edges, all in each round, softmax regression, one step`,
  task: {
    model: { topology: denseNet({ name: 'softmax-regression', inputs: FEATURES, hidden: [], classes: CLASSES }), loss: 'categoricalCrossentropy', seed: 1 },
    data: { ...madeContract({ features: FEATURES, classes: CLASSES }), validation: { fraction: 0.2, seed: 1 } },
    algorithm,
    evaluation: { everyVersions: 100 },
    round: { goal: EDGES, minimum: EDGES, overSelection: 1, selectionSeconds: 1, reportingSeconds: 3600, comeBackSeconds: 1 },
  },
  data: { dataset: { name: 'synthetic', alpha: 1, beta: 1, owners: EDGES, features: FEATURES, classes: CLASSES }, partition: { name: 'natural' } },
  edges: EDGES,
  server: { evaluateEvery: 100 },
  rounds: ROUNDS + 1,
}));
