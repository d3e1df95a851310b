/** The peers' models, gathered by whoever looks on: their mean is what the swarm has agreed on. */
import { systemClock } from '../../shared/clock.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import type { ModelReply, ModelRequest } from './gossip-process.ts';

/** A peer that trains answers between two steps; one that hangs is left out. */
const PATIENCE_MS = 15_000;

export interface ModelGatherer {
  /** Hears what the peers say. */
  onMessage(message: unknown): void;
  /** Of those that answer in time. */
  gather(): Promise<readonly ModelReply[]>;
}

/** @param ask tells all peers, and how many were told */
export function createModelGatherer(ask: (request: ModelRequest) => number): ModelGatherer {
  let last = 0;
  let take: (reply: ModelReply) => void = () => undefined;
  return {
    onMessage(message) {
      if (typeof message === 'object' && message !== null && 'model' in message) take(message as ModelReply);
    },
    gather() {
      const id = ++last;
      const replies: ModelReply[] = [];
      return new Promise((resolve) => {
        const end = (): void => {
          take = () => undefined;
          cancel();
          resolve(replies);
        };
        const cancel = systemClock.after(PATIENCE_MS, end);
        let told = Infinity;
        take = (reply) => {
          if (reply.id !== id) return;
          replies.push(reply);
          if (replies.length >= told) end();
        };
        told = ask({ wanted: 'model', id });
        if (told === 0) end();
      });
    },
  };
}

/** @param models safetensors of one layout, one at least. @returns the same of their mean, each weight summed in double precision */
export function meanModel(models: readonly Uint8Array[]): Uint8Array {
  const all = models.map((model) => decodeCheckpoint(model).parameters);
  const sum = new Float64Array(all[0].values.length);
  for (const { values } of all) for (let i = 0; i < sum.length; i++) sum[i] += values[i];
  return encodeCheckpoint(createParameters(all[0].layout, Float32Array.from(sum, (value) => value / all.length)));
}
