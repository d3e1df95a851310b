/** The load: real edge sessions over real sockets, all in one process; only their training is prepared. */
import { generateKeyPair } from '#platform/crypto';
import { createHttpCheckpoints } from '../../../client/edge/http-checkpoints.ts';
import { createEdgeSession } from '../../../client/edge/edge-session.ts';
import type { EdgeEvent } from '../../../client/edge/events.ts';
import type { EdgeSession } from '../../../client/edge/session-options.ts';
import { connectNodeSocketLink } from '../../../client/node/node-socket-link.ts';
import { systemClock } from '../../../shared/clock.ts';
import { silentLogger } from '../../../shared/logger.ts';
import type { Dataset } from '../../../shared/model/examples.ts';
import { createRandom } from '../../../shared/random.ts';
import type { Conditions } from '../../../shared/task/conditions.ts';
import { keepHeapSlack } from '../../../server/heap-slack.ts';
import { serveOrders, type BenchProcess } from '../child-process.ts';
import type { RoundCase } from './cases.ts';
import { createGate } from './gate.ts';
import { createPreparedTrainer } from './prepared-trainer.ts';
import { benchLayout } from './task.ts';

export type EdgesOrders = {
  /** Answers when every edge has checked in. */
  join: { payload: RoundCase & { readonly url: string }; answer: null };
  /** Answers when every edge is held before its training. */
  hold: { payload: null; answer: null };
  release: { payload: null; answer: null };
};
export type EdgesProcess = BenchProcess<EdgesOrders>;

const CONDITIONS: Conditions = { battery: 'none', charging: true, network: 'ethernet', metered: false, downlink: 'unknown', visibility: 'hidden', load: 0 };

const gate = createGate();
const sessions: EdgeSession[] = [];

/** The examples are never looked at; their number is the edge's weight. */
function datasetOf(size: number): Dataset {
  return { source: 'prepared', validation: null, train: { size, inputs: new Float32Array(size), inputShape: [1], scale: 1, labels: new Float32Array(size), labelShape: [1] } };
}

function createEdge(url: string, parameters: number, number: number, onEvent: (event: EdgeEvent) => void): EdgeSession {
  const examples = 100 + number;
  return createEdgeSession({
    connect: (signal) => connectNodeSocketLink(url, signal),
    identity: generateKeyPair(),
    name: `edge ${number}`,
    checkpoints: createHttpCheckpoints(url),
    conditions: { read: () => Promise.resolve(CONDITIONS) },
    capabilities: () => Promise.resolve({ platform: 'node', backend: 'cpu', stepsPerSecond: null }),
    datasetFor: () => ({ name: 'prepared', load: () => Promise.resolve(datasetOf(examples)) }),
    createTrainer: () => Promise.resolve(createPreparedTrainer(benchLayout(parameters), number + 1, examples, gate)),
    state: { load: () => Promise.resolve(null), save: () => Promise.resolve() },
    clock: systemClock,
    random: createRandom(number),
    logger: silentLogger,
    onEvent,
  });
}

// Many devices in one process, whose collector would otherwise run for all of them on the processor that is measured.
keepHeapSlack();

serveOrders<EdgesOrders>(
  {
    async join({ url, edges, parameters }) {
      await Promise.all(Array.from({ length: edges }, (_, number) => new Promise<void>((resolve, reject) => {
        const session = createEdge(url, parameters, number, (event) => {
          if (event.type === 'checked-in') resolve();
          // Nothing may go wrong here: a figure with a retry in it would be one of something else.
          if (event.type === 'error' || event.type === 'declined') process.stderr.write(`edge ${number}: ${JSON.stringify(event)}\n`);
        });
        sessions.push(session);
        session.finished.catch(reject);
        session.start().catch(reject);
      })));
      return null;
    },
    async hold() {
      await gate.shut(sessions.length);
      return null;
    },
    async release() {
      gate.open();
      return null;
    },
  },
  async () => {
    gate.open();
    await Promise.all(sessions.map((session) => session.stop()));
  },
);
