/** A day in the life of two thousand phones, from noon to noon: everything at once that a real fleet does to a task. */
import { mnistContract } from '../datasets/mnist.ts';
import { denseNet } from '../models/dense-net.ts';
import type { ScenarioInput } from '../scenario/scenario.ts';

export const phonesByDay: ScenarioInput = {
  name: 'phones-by-day',
  description: '2,000 phones from noon to noon: availability, batteries, charging, wifi and mobile networks by the hour, churn; asked are those that charge, on wifi, in nobody’s hand (Bonawitz et al. 2019)',
  task: {
    model: { topology: denseNet({ name: 'small', inputs: 784, hidden: [32], classes: 10 }), loss: 'categoricalCrossentropy', seed: 1 },
    data: mnistContract({ flat: true }),
    algorithm: { name: 'fedavg', epochs: 1, batchSize: 10, learningRate: 0.05 },
    selection: {
      criteria: {
        charging: { required: true, unknown: 'deny' },
        battery: { atLeast: 0.3 },
        network: { allow: ['wifi', 'ethernet'], unknown: 'deny' },
        metered: { allow: false },
        idle: { required: true, unknown: 'penalise' },
        rest: { seconds: 1800 },
      },
      scores: [{ name: 'reliability' }, { name: 'fairness' }, { name: 'quantity' }],
      sampler: { name: 'weighted' },
      conditionsMaxAgeSeconds: 900,
    },
    round: { goal: 30, minimum: 15, overSelection: 1.3, selectionSeconds: 30, configurationSeconds: 60, reportingSeconds: 900, absenceSeconds: 60, comeBackSeconds: 300 },
  },
  data: { dataset: { name: 'mnist' }, partition: { name: 'dirichlet', alpha: 0.5, minimum: 5 } },
  edges: 2000,
  fleet: {
    preset: 'phones',
    startHourUtc: 12,
    churn: { departuresPerDay: 0.05, lateShare: 0.1, arrivalsPerDay: 2 },
  },
  // Three steps or so an edge: as heavy as those of a big network, so that the slowest take minutes.
  training: { kind: 'real', stepCost: 4000 },
  server: { evaluateEvery: 5, evaluateOn: 2000 },
  rounds: 2000,
  hours: 24,
};
