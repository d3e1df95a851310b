/**
 * What models of edges' own do beside one for all (docs/results-personal.md): 200 edges on MNIST, 225 examples to train on and 75
 * held back each, 20 of them in a round. `labels`: an edge knows three of the ten digits. `noise`: each edge sees its images through noise
 * of its own strength, by a net with batch normalisation.
 */
import type { Topology } from '../../shared/model/topology.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { mnistContract } from '../datasets/mnist.ts';
import { mlp2nn } from '../models/mlp-2nn.ts';
import type { PartitionSpecInput } from '../partitioners/registry.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';

const LOCAL = { epochs: 2, batchSize: 10, learningRate: 0.05 } as const;
const PERSONALISE = { epochs: 2, batchSize: 10, learningRate: 0.05 } as const;

/** The 2NN, normalised behind each of its hidden layers. */
function normalised2nn(): Topology {
  const hidden = [1, 2].flatMap((i) => [
    { class_name: 'Dense', config: { name: `hidden_${i}`, ...(i === 1 ? { batch_input_shape: [null, 784] } : {}), units: 200, activation: 'linear', kernel_initializer: { class_name: 'GlorotUniform', config: {} } } },
    { class_name: 'BatchNormalization', config: { name: `norm_${i}`, momentum: 0.9 } },
    { class_name: 'Activation', config: { name: `relu_${i}`, activation: 'relu' } },
  ]);
  return { class_name: 'Sequential', config: { name: '2nn-normalised', layers: [...hidden, { class_name: 'Dense', config: { name: 'output', units: 10, activation: 'softmax', kernel_initializer: { class_name: 'GlorotUniform', config: {} } } }] } };
}

interface Contender {
  readonly name: string;
  readonly text: string;
  readonly algorithm: TaskSpecInput['algorithm'];
  /** Whether edges fine-tune what they judge. */
  readonly personalise: boolean;
}

const LABELS: readonly Contender[] = [
  { name: 'fedavg', text: 'FedAvg, and each edge’s fine-tuning of it', algorithm: { name: 'fedavg', ...LOCAL }, personalise: true },
  // With no pull, what an edge has beside the shared model is what it learns alone.
  { name: 'alone', text: 'each edge alone (Ditto, λ = 0)', algorithm: { name: 'ditto', ...LOCAL, lambda: 0 }, personalise: false },
  { name: 'fedper', text: 'FedPer, the output layer stays', algorithm: { name: 'fedper', ...LOCAL, head: 'output' }, personalise: false },
  { name: 'fedrep', text: 'FedRep, the output layer stays', algorithm: { name: 'fedrep', ...LOCAL, head: 'output', headEpochs: 5 }, personalise: false },
  { name: 'ditto', text: 'Ditto, λ = 0.5', algorithm: { name: 'ditto', ...LOCAL, lambda: 0.5 }, personalise: false },
];

const NOISE: readonly Contender[] = [
  { name: 'fedavg', text: 'FedAvg, and each edge’s fine-tuning of it', algorithm: { name: 'fedavg', ...LOCAL }, personalise: true },
  { name: 'fedbn', text: 'FedBN', algorithm: { name: 'fedbn', ...LOCAL }, personalise: false },
];

function scenarioOf(skew: string, topology: Topology, partition: PartitionSpecInput, { name, text, algorithm, personalise }: Contender): ScenarioInput {
  return {
    name: `personal-${name}-${skew}`,
    description: `${text}: 200 edges on MNIST, ${skew === 'labels' ? 'three digits each' : 'each behind noise of its own'}, 20 in a round`,
    task: {
      model: { topology, loss: 'categoricalCrossentropy', seed: 1 },
      data: mnistContract({ flat: true, validation: { fraction: 0.25, seed: 1 } }),
      algorithm,
      evaluation: { everyVersions: 10, personalise: personalise ? PERSONALISE : null },
      round: { goal: 20, minimum: 20, overSelection: 1, selectionSeconds: 1, reportingSeconds: 3600, comeBackSeconds: 1 },
    },
    data: { dataset: { name: 'mnist' }, partition },
    edges: 200,
    server: { evaluateEvery: 10 },
    rounds: 61,
  };
}

/** `personal-NAME-labels` and `personal-NAME-noise`. */
export const PERSONAL: readonly ScenarioInput[] = [
  ...LABELS.map((contender) => scenarioOf('labels', mlp2nn(), { name: 'pathological', labels: 3 }, contender)),
  ...NOISE.map((contender) => scenarioOf('noise', normalised2nn(), { name: 'feature-skew', base: { name: 'iid' }, skew: { kind: 'noise', level: 1 } }, contender)),
];
