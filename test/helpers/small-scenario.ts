/** A scenario that learns something in a second: four Gaussian blobs, a net of some two hundred weights, six of twenty clients a round. */
import { DatasetSpec, openDataset } from '../../simulations/datasets/registry.ts';
import type { GossipScenarioInput } from '../../simulations/scenario/gossip-scenario.ts';
import type { ScenarioInput } from '../../simulations/scenario/scenario.ts';

const BLOBS = DatasetSpec.parse({ name: 'blobs' });

export function smallScenario(fields: Partial<ScenarioInput> = {}, task: Partial<ScenarioInput['task']> = {}): ScenarioInput {
  return {
    name: 'small',
    task: {
      model: {
        topology: {
          class_name: 'Sequential',
          config: {
            name: 'small',
            layers: [
              { class_name: 'Dense', config: { name: 'hidden', units: 16, activation: 'relu' } },
              { class_name: 'Dropout', config: { name: 'dropout', rate: 0.2 } },
              { class_name: 'Dense', config: { name: 'out', units: 4, activation: 'softmax' } },
            ],
          },
        },
        loss: 'categoricalCrossentropy',
      },
      data: openDataset(BLOBS).contract({ flat: true }),
      algorithm: { name: 'fedavg', epochs: 1, batchSize: 10, learningRate: 0.05 },
      round: { goal: 6, minimum: 6, overSelection: 1, selectionSeconds: 1 },
      ...task,
    },
    data: { dataset: BLOBS, partition: { name: 'dirichlet', alpha: 0.5 } },
    edges: 20,
    rounds: 5,
    ...fields,
  };
}

/** The same for eight peers on a ring. */
export function smallGossipScenario(fields: Partial<GossipScenarioInput> = {}, task: Partial<GossipScenarioInput['task']> = {}): GossipScenarioInput {
  const { model, data, algorithm } = smallScenario().task;
  if (model === undefined) throw new Error('the small scenario trains a model');
  return {
    name: 'small-gossip',
    task: { mode: 'gossip', model, data, algorithm, gossip: { topology: { name: 'ring' }, minimumPeers: 8, evaluateEvery: 0 }, ...task },
    data: { dataset: BLOBS, partition: { name: 'iid' } },
    edges: 8,
    rounds: 6,
    ...fields,
  };
}
