/** A real edge session over sockets with the toy's trainer; used in the test's process and in edges of their own processes. */
import { createEdgeSession } from '../../client/edge/edge-session.ts';
import type { EdgeEvent } from '../../client/edge/events.ts';
import { createHttpCheckpoints } from '../../client/edge/http-checkpoints.ts';
import type { EdgeIdentity, EdgeSession } from '../../client/edge/session-options.ts';
import { connectSocketLink } from '../../client/edge/socket-link.ts';
import { systemClock } from '../../shared/clock.ts';
import { asAssignmentId, type AssignmentId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createRandom } from '../../shared/random.ts';
import type { Acknowledged, Pairs } from './chaos-checks.ts';
import { datasetOf } from '../../simulations/faults/world.ts';
import { createToyTrainer } from '../../simulations/models/toy-trainer.ts';
import { PLUGGED_IN } from './virtual-federation.ts';

export interface SocketEdge {
  readonly session: EdgeSession;
  readonly acknowledged: readonly Acknowledged[];
}

export interface SocketEdgeOptions {
  readonly url: string;
  readonly identity: EdgeIdentity;
  readonly examples: Pairs;
  /** Resolve when this edge may download its checkpoint, or train: tests bring reports into an order by it. */
  readonly mayDownload?: (edge: SocketEdge) => Promise<void>;
  readonly mayTrain?: (edge: SocketEdge) => Promise<void>;
  readonly onEvent?: (event: EdgeEvent, edge: SocketEdge) => void;
}

export function startSocketEdge({ url, identity, examples, mayDownload, mayTrain, onEvent }: SocketEdgeOptions): SocketEdge {
  const acknowledged: Acknowledged[] = [];
  let working: AssignmentId = asAssignmentId('none.0.0');
  const checkpoints = createHttpCheckpoints(url);
  const session = createEdgeSession({
    connect: (signal) => connectSocketLink(url, signal),
    identity, name: 'chaos',
    checkpoints: {
      async fetch(digest, bytes, signal) {
        await mayDownload?.(edge);
        return checkpoints.fetch(digest, bytes, signal);
      },
    },
    conditions: { read: () => Promise.resolve(PLUGGED_IN) },
    capabilities: () => Promise.resolve({ platform: 'node', backend: 'cpu', stepsPerSecond: 100 }),
    datasetFor: () => ({ name: 'toy', load: () => Promise.resolve(datasetOf(examples)) }),
    createTrainer: () => {
      const trainer = createToyTrainer(examples);
      const train: typeof trainer.train = async (given) => {
        await mayTrain?.(edge);
        return trainer.train(given);
      };
      return Promise.resolve({ ...trainer, train });
    },
    state: { load: () => Promise.resolve([]), save: () => Promise.resolve() },
    clock: systemClock, random: createRandom(examples.length), logger: silentLogger,
    onEvent(event) {
      if (event.type === 'assigned') working = event.assignment;
      if (event.type === 'reported' && event.outcome !== 'late' && session.edge) acknowledged.push({ edge: session.edge, round: event.round, assignment: working });
      onEvent?.(event, edge);
    },
  });
  const edge: SocketEdge = { session, acknowledged };
  void session.start();
  return edge;
}
