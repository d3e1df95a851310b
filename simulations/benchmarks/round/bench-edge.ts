/** An edge of a benchmark: a real session over a real socket; only its training is prepared. */
import { generateKeyPair } from '#platform/crypto';
import { createHttpCheckpoints } from '../../../client/edge/http-checkpoints.ts';
import { createEdgeSession } from '../../../client/edge/edge-session.ts';
import type { EdgeEvent } from '../../../client/edge/events.ts';
import type { EdgeSession } from '../../../client/edge/session-options.ts';
import { nodeGet } from '../../../client/node/node-get.ts';
import { connectNodeSocketLink } from '../../../client/node/node-socket-link.ts';
import { systemClock } from '../../../shared/clock.ts';
import { silentLogger } from '../../../shared/logger.ts';
import type { Dataset } from '../../../shared/model/examples.ts';
import { createRandom } from '../../../shared/random.ts';
import { UNKNOWN_CONDITIONS, type Conditions } from '../../../shared/task/conditions.ts';
import type { Gate } from './gate.ts';
import { createPreparedTrainer } from './prepared-trainer.ts';
import { benchLayout } from './task.ts';

export interface BenchEdgeOptions {
  readonly url: string;
  /** Of the task's model. */
  readonly parameters: number;
  /** Among all edges: gives it its name, its delta and its weight. */
  readonly number: number;
  /** Passed before each training. */
  readonly gate: Gate;
  readonly onEvent: (event: EdgeEvent) => void;
}

const CONDITIONS: Conditions = { ...UNKNOWN_CONDITIONS, battery: 'none', charging: true, network: 'ethernet', metered: false, downlink: 'unknown', visibility: 'hidden', load: 0 };

/** The examples are never looked at; their number is the edge's weight. */
function datasetOf(size: number): Dataset {
  return { source: 'prepared', validation: null, train: { size, inputs: new Float32Array(size), inputShape: [1], scale: 1, labels: new Float32Array(size), labelShape: [1] } };
}

export function createBenchEdge({ url, parameters, number, gate, onEvent }: BenchEdgeOptions): EdgeSession {
  const examples = 100 + (number % 100);
  return createEdgeSession({
    connect: (signal) => connectNodeSocketLink(url, signal),
    identity: generateKeyPair(),
    name: `edge ${number}`,
    checkpoints: createHttpCheckpoints(url, nodeGet),
    conditions: { read: () => Promise.resolve(CONDITIONS) },
    capabilities: () => Promise.resolve({ platform: 'node', backend: 'cpu', stepsPerSecond: null }),
    datasetFor: () => ({ name: 'prepared', load: () => Promise.resolve(datasetOf(examples)) }),
    createTrainer: () => Promise.resolve(createPreparedTrainer(benchLayout(parameters), number + 1, examples, gate)),
    state: { load: () => Promise.resolve([]), save: () => Promise.resolve() },
    clock: systemClock,
    random: createRandom(number),
    logger: silentLogger,
    onEvent,
  });
}
