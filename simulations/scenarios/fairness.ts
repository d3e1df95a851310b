/**
 * Whom a model serves worst (docs/results-fairness.md): 50 edges on MNIST, each of which sees its images through noise of its own strength, so
 * that some have it harder, all of them in each round. q-FedAvg lets those count more whose loss is high (Li et al. 2020).
 */
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { mnistContract } from '../datasets/mnist.ts';
import { mlp2nn } from '../models/mlp-2nn.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';

const EDGES = 50;
/** Few steps: the estimate of the curvature, q · F^(q−1) · |Δ/η|², grows with their square, and many make q-FedAvg slow. */
const LOCAL = { steps: 10, batchSize: 32, learningRate: 0.1 } as const;

const CONTENDERS: readonly { readonly name: string; readonly text: string; readonly algorithm: TaskSpecInput['algorithm'] }[] = [
  { name: 'fedavg', text: 'FedAvg', algorithm: { name: 'fedavg', ...LOCAL } },
  ...[0.1, 1, 5].map((q) => ({ name: `q${String(q).replace('.', '')}`, text: `q-FedAvg, q = ${q}`, algorithm: { name: 'q-fedavg', ...LOCAL, q } })),
];

/** `fairness-fedavg`, `fairness-q01`, `fairness-q1`, `fairness-q5`. */
export const FAIRNESS: readonly ScenarioInput[] = CONTENDERS.map(({ name, text, algorithm }) => ({
  name: `fairness-${name}`,
  description: `${text}: ${EDGES} edges on MNIST, each behind noise of its own, all in each round, 2NN, ten steps of B = 32`,
  task: {
    model: { topology: mlp2nn(), loss: 'categoricalCrossentropy', seed: 1 },
    data: mnistContract({ flat: true, validation: { fraction: 0.25, seed: 1 } }),
    algorithm,
    evaluation: { everyVersions: 25 },
    round: { goal: EDGES, minimum: EDGES, overSelection: 1, selectionSeconds: 1, reportingSeconds: 3600, comeBackSeconds: 1 },
  },
  data: { dataset: { name: 'mnist' }, partition: { name: 'feature-skew', base: { name: 'iid' }, skew: { kind: 'noise', level: 1 } } },
  edges: EDGES,
  server: { evaluateEvery: 25 },
  rounds: 101,
}));
