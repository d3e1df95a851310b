/** Edges in a process of their own, so that they can vanish all at once and without a word. */
import { fromHex } from '../../shared/hex.ts';
import type { Pairs } from './chaos-checks.ts';
import { childSettings, say } from './chaos-child.ts';
import { startSocketEdge } from './chaos-socket-edge.ts';

export interface EdgesSettings {
  readonly url: string;
  readonly edges: readonly { readonly secretKey: string; readonly publicKey: string; readonly examples: Pairs }[];
  /** Begin to train and never end. */
  readonly hang: boolean;
}

export type EdgesMessage = { readonly type: 'training'; readonly edge: string } | { readonly type: 'reported'; readonly edge: string; readonly round: number };

const { url, edges, hang } = childSettings<EdgesSettings>();
for (const { secretKey, publicKey, examples } of edges) {
  startSocketEdge({
    url, examples, identity: { secretKey: fromHex(secretKey), publicKey: fromHex(publicKey) },
    async mayTrain({ session }) {
      say({ type: 'training', edge: session.edge });
      if (hang) await new Promise(() => undefined);
    },
    onEvent(event, { session }) {
      if (event.type === 'reported') say({ type: 'reported', edge: session.edge, round: event.round });
    },
  });
}
