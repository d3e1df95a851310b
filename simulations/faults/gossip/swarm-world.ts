/** What never differs between two swarms of the same world: the task, the model, what each peer learns from, how patient a mesh is. */
import type { MeshTimes } from '../../../client/gossip/mesh-times.ts';
import type { Trainer } from '../../../shared/model/trainer.ts';
import { parseGossipTask } from '../../../shared/task/parse-task-spec.ts';
import type { GossipTask } from '../../../shared/task/task-spec.ts';
import { createLayout, type Layout } from '../../../shared/tensors/layout.ts';
import { createToyTrainer } from '../../models/toy-trainer.ts';
import { examplesOf } from '../world.ts';
import type { SwarmWorld } from './swarm-schedule.ts';

/** A tenth of what they are on live meshes, so that a minute of virtual time shows what ten would. */
export const SWARM_TIMES: MeshTimes = { tickMs: 500, quietMs: 400, deadMs: 2_000, answerMs: 1_000, openMs: 3_000, idleMs: 6_000, goodbyeMs: 100 };

/** Where steps go into the numerator, the dead take weight with them, and the others' steps are longer by as much. */
const NUMERATOR_RATE = 0.01;

export function taskOf({ way, topology, clip, strikes, minimumPeers, patienceSeconds, rounds }: SwarmWorld): GossipTask {
  return parseGossipTask({
    name: 'line',
    mode: 'gossip',
    model: { topology: { class_name: 'Sequential', config: {} }, loss: 'meanSquaredError' },
    data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'numeric', column: 'y' } },
    algorithm: { name: 'fedavg', epochs: 1, batchSize: null, learningRate: way.learning === 'numerator' ? NUMERATOR_RATE : 0.1 },
    gossip: { way, topology, minimumPeers, patienceSeconds, evaluateEvery: 0, robust: { clip, strikes } },
    ...(rounds === null ? {} : { stop: { rounds } }),
  });
}

/** The line y = a·x + b, and values that each peer draws towards its own number. */
export function layoutOf({ size }: SwarmWorld): Layout {
  return createLayout([{ name: 'a', shape: [] }, { name: 'b', shape: [] }, { name: 'rest', shape: [size - 2] }]);
}

/** How much of the way to the peer's number a training goes. */
const STEP = 0.25;

/**
 * The toy's line, and beside it values each of which moves a quarter of the way to the peer's number. Whatever peers make of
 * each other's models by means, those values stay between 0 and the greatest number: what lies beyond was counted twice, or weighed wrongly.
 */
export function createSwarmTrainer(peer: number, layout: Layout): Trainer {
  const toy = createToyTrainer(examplesOf(peer % 3));
  let rest = new Float32Array(layout.size - 2);
  return {
    ...toy,
    layout,
    load(values) {
      toy.load(values.subarray(0, 2));
      rest = values.slice(2);
    },
    async read() {
      const all = new Float32Array(layout.size);
      all.set(await toy.read());
      all.set(rest, 2);
      return all;
    },
    train(options) {
      rest = rest.map((value) => value + STEP * (peer - value));
      return toy.train(options);
    },
  };
}
