/** An edge aggregator as a process: takes reports in from its parent, forwards them to a real coordinator over a socket. */
import { createEdgeAggregator, type EdgeAggregator, type ForwardResult } from '../../client/edge/edge-aggregator.ts';
import { connectSocketLink } from '../../client/edge/socket-link.ts';
import { toErrorBody, type ErrorBody } from '../../shared/errors.ts';
import { asTaskId } from '../../shared/ids.ts';
import { CHUNK_BYTES, CHUNK_WINDOW } from '../../shared/protocol/messages.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { openHandEdge, type EdgeLink } from './hand-edge.ts';
import { toySchema } from './toy-task.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';

export type AggregatorOrder =
  | { readonly type: 'open'; readonly url: string; readonly token: string; readonly spec: TaskSpecInput; readonly round: number }
  | { readonly type: 'add'; readonly frame: Uint8Array }
  | { readonly type: 'forward' };

export type AggregatorAnswer = { readonly done: unknown } | { readonly error: ErrorBody };
export interface Forwarded extends ForwardResult {
  readonly waiting: readonly string[];
}

let aggregator: EdgeAggregator | null = null;
let link: EdgeLink | null = null;

async function carryOut(order: AggregatorOrder): Promise<unknown> {
  if (order.type === 'open') {
    link = await connectSocketLink(order.url, new AbortController().signal);
    const { edge } = await openHandEdge(link, { role: 'aggregator', token: order.token, name: `aggregator ${process.pid}` });
    aggregator = createEdgeAggregator({ task: asTaskId(order.spec.name), round: order.round, layout: TOY_LAYOUT.digest, schema: toySchema(order.spec) });
    return { edge, pid: process.pid };
  }
  if (!aggregator || !link) throw new TypeError('not open yet');
  if (order.type === 'add') return aggregator.add(order.frame);
  const result = await aggregator.forward(link, { chunkBytes: CHUNK_BYTES, chunkWindow: CHUNK_WINDOW });
  return { ...result, waiting: aggregator.waiting } satisfies Forwarded;
}

process.on('message', (order: AggregatorOrder) => {
  carryOut(order).then(
    (done) => process.send?.({ done } satisfies AggregatorAnswer),
    (thrown: unknown) => process.send?.({ error: toErrorBody(thrown) } satisfies AggregatorAnswer),
  );
});
// The parent is gone: nobody gives orders any more.
process.on('disconnect', () => process.exit());
