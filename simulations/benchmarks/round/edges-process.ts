/** The load: the edges of a round, all in one process. */
import type { EdgeSession } from '../../../client/edge/session-options.ts';
import { keepHeapSlack } from '../../../server/heap-slack.ts';
import { serveOrders, type BenchProcess } from '../child-process.ts';
import { createBenchEdge } from './bench-edge.ts';
import type { RoundCase } from './cases.ts';
import { createGate } from './gate.ts';

export type EdgesOrders = {
  /** `edges` of them, numbered from `first`; answers when every one has checked in. */
  join: { payload: RoundCase & { readonly url: string; readonly first: number }; answer: null };
  /** Answers when every edge is held before its training. */
  hold: { payload: null; answer: null };
  release: { payload: null; answer: null };
};
export type EdgesProcess = BenchProcess<EdgesOrders>;

const gate = createGate();
const sessions: EdgeSession[] = [];

// Many devices in one process, whose collector would otherwise run for all of them on the processor that is measured.
keepHeapSlack();

serveOrders<EdgesOrders>(
  {
    async join({ url, edges, first, parameters }) {
      await Promise.all(Array.from({ length: edges }, (_, i) => first + i).map((number) => new Promise<void>((resolve, reject) => {
        const session = createBenchEdge({
          url, parameters, number, gate,
          onEvent(event) {
            if (event.type === 'checked-in') resolve();
            // Nothing may go wrong here: a figure with a retry in it would be one of something else.
            if (event.type === 'error' || event.type === 'declined') process.stderr.write(`edge ${number}: ${JSON.stringify(event)}\n`);
          },
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
