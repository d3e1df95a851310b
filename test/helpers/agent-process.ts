/** A Node agent as a process of its own, which counts what it holds when it is asked. It ends by itself when it has left and nothing keeps it alive. */
import * as tf from '@tensorflow/tfjs-core';
import { csvDataset } from '../../client/datasets/csv-dataset.ts';
import type { EdgeEvent } from '../../client/edge/events.ts';
import { startAgent, type RunningAgent } from '../../client/node/agent.ts';
import { toErrorBody, type ErrorBody } from '../../shared/errors.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import { listenersOf, resourceCensus, type Census } from './census.ts';
import { IDLE_MACHINE } from './hand-edge.ts';

export type AgentOrder =
  | { readonly type: 'start'; readonly url: string; readonly backend: BackendName; readonly csv: string; readonly stateFolder: string }
  | { readonly type: 'census' }
  | { readonly type: 'rest' }
  | { readonly type: 'stop' };

export type AgentAnswer = { readonly done: unknown } | { readonly error: ErrorBody };

export interface AgentCensus extends Census {
  readonly tensors: number;
  readonly buffers: number;
  readonly listeners: number;
}

let agent: RunningAgent | null = null;
let serves = 0;
let onRest: (() => void) | null = null;

function onEvent(event: EdgeEvent): void {
  if (event.type !== 'checked-in') return;
  serves = Object.keys(event.examples).length;
  if (serves === 0) onRest?.();
}

const tensorsHeld = (): { readonly tensors: number; readonly buffers: number } => ({ tensors: tf.memory().numTensors, buffers: tf.memory().numDataBuffers });

async function carryOut(order: AgentOrder): Promise<unknown> {
  switch (order.type) {
    case 'start': {
      const connected = new Promise<string>((resolve, reject) => {
        startAgent({
          url: order.url, stateFolder: order.stateFolder, backend: order.backend, name: order.backend,
          conditions: { read: () => Promise.resolve(IDLE_MACHINE) },
          dataset: () => ({ name: 'rows.csv', load: (contract) => Promise.resolve(csvDataset('rows.csv', order.csv, contract)) }),
          onEvent: (event) => {
            if (event.type === 'connected') resolve(event.edge);
            onEvent(event);
          },
        }).then((started) => (agent = started), reject);
      });
      return connected;
    }
    case 'census':
      return { ...resourceCensus(), ...tensorsHeld(), listeners: listenersOf(process) } satisfies AgentCensus;
    case 'rest':
      if (serves > 0) await new Promise<void>((resolve) => (onRest = resolve));
      return tensorsHeld();
    case 'stop':
      await agent?.stop();
      return tensorsHeld();
  }
}

process.on('message', (order: AgentOrder) => {
  carryOut(order).then(
    (done) => process.send?.({ done } satisfies AgentAnswer),
    (thrown: unknown) => process.send?.({ error: toErrorBody(thrown) } satisfies AgentAnswer),
  );
});
