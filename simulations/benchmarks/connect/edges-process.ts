/** The load: real edge sessions that enrol, authenticate, check in, and are told to come back later. */
import type { EdgeSession } from '../../../client/edge/session-options.ts';
import { MurmurError } from '../../../shared/errors.ts';
import { keepHeapSlack } from '../../../server/heap-slack.ts';
import { serveOrders } from '../child-process.ts';
import { createBenchEdge } from '../round/bench-edge.ts';
import { createGate } from '../round/gate.ts';
import { openAll, type LoadOrders } from './load.ts';
import { IDLE_PARAMETERS } from './task.ts';

interface Edge {
  readonly session: EdgeSession;
  readonly checkedIn: Promise<void>;
}

/** Before the training of whoever is chosen: while it is shut one edge is at work, and all others stand idle. */
const gate = createGate();
void gate.shut(Infinity);
const edges: Edge[] = [];
let connected = 0;

function prepareEdge(url: string, number: number): Edge {
  let resolve: () => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const checkedIn = new Promise<void>((...settle) => ([resolve, reject] = settle));
  const session = createBenchEdge({
    url, parameters: IDLE_PARAMETERS, number, gate,
    onEvent(event) {
      if (event.type === 'checked-in') resolve();
      // A second attempt would hide in the figures.
      if (event.type === 'disconnected') reject(new MurmurError('disconnected', `edge ${number}: ${event.reason}`));
      if (event.type === 'error') reject(new MurmurError('internal', `edge ${number}: ${event.error.message}`));
    },
  });
  // Whoever connects it looks; one that is lost later is missed when edges are counted.
  checkedIn.catch(() => undefined);
  return { session, checkedIn };
}

// Many devices in one process, whose collector would otherwise run for all of them.
keepHeapSlack();

serveOrders<LoadOrders>(
  {
    async prepare({ url, first, count }) {
      for (let number = first; number < first + count; number++) edges.push(prepareEdge(url, number));
      return null;
    },
    async connect({ count }) {
      const next = edges.slice(connected, connected + count);
      connected += count;
      await openAll(next, async ({ session, checkedIn }) => {
        await session.start();
        await checkedIn;
      });
      return null;
    },
    async release() {
      gate.open();
      return null;
    },
  },
  // Whoever ends all at once need not say goodbye for each: the connections end with the process.
  () => Promise.resolve(),
);
