/**
 * What algorithms for unlike data do beside FedAvg (`scripts/results-heterogeneous.mjs` makes the tables): the 2NN on MNIST, 100 edges among whom
 * the examples of each label are dealt out by a Dirichlet draw, C = 0.1, five epochs of local work. Stragglers that do part
 * of it are a setting of the fleet: `--set fleet.stragglers.share=0.9`; as in FedProx's experiments they do an epoch at the least.
 */
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { mnistContract } from '../datasets/mnist.ts';
import { mlp2nn } from '../models/mlp-2nn.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';
import { PAPER_ROUND } from './fedavg-paper.ts';

const EDGES = 100;
const LOCAL = { epochs: 5, batchSize: 10, learningRate: 0.05 } as const;

/** Each with one setting for all cells, from the range that its paper tries. */
const CONTENDERS: readonly { readonly text: string; readonly algorithm: TaskSpecInput['algorithm'] }[] = [
  { text: 'FedAvg', algorithm: { name: 'fedavg', ...LOCAL } },
  { text: 'FedProx, μ = 0.1', algorithm: { name: 'fedprox', ...LOCAL, mu: 0.1 } },
  { text: 'SCAFFOLD', algorithm: { name: 'scaffold', ...LOCAL, edges: EDGES, weighting: 'examples' } },
  { text: 'FedNova', algorithm: { name: 'fednova', ...LOCAL } },
  { text: 'FedDyn, α = 0.1', algorithm: { name: 'feddyn', ...LOCAL, edges: EDGES, alpha: 0.1 } },
];
const ALPHAS = { '01': 0.1, '05': 0.5 } as const;

/** `heterogeneous-ALGORITHM-01` (Dirichlet(0.1): an edge holds few labels) and `heterogeneous-ALGORITHM-05`. */
export const HETEROGENEOUS: readonly ScenarioInput[] = Object.entries(ALPHAS).flatMap(([suffix, alpha]) =>
  CONTENDERS.map(({ text, algorithm }): ScenarioInput => ({
    name: `heterogeneous-${algorithm.name}-${suffix}`,
    description: `${text}: ${EDGES} edges on MNIST, Dirichlet(${alpha}), 2NN, C = 0.1, E = ${LOCAL.epochs}, B = ${LOCAL.batchSize}`,
    task: { model: { topology: mlp2nn(), loss: 'categoricalCrossentropy', seed: 1 }, data: mnistContract({ flat: true }), algorithm, round: PAPER_ROUND },
    data: { dataset: { name: 'mnist' }, partition: { name: 'dirichlet', alpha, minimum: 10 } },
    edges: EDGES,
    fleet: { stragglers: { least: 1 / LOCAL.epochs } },
    rounds: 100,
    target: 0.97,
  })),
);
