/** The baseline's edges: each answers the weights with its prepared delta. */
import { io, type Socket } from 'socket.io-client';
import { keepHeapSlack } from '../../../server/heap-slack.ts';
import { serveOrders, type BenchProcess } from '../child-process.ts';
import type { RoundCase } from './cases.ts';
import { preparedDelta } from './prepared-trainer.ts';

export type RawClientsOrders = {
  /** `edges` of them, numbered from `first`; answers when all are connected. */
  join: { payload: RoundCase & { readonly url: string; readonly first: number }; answer: null };
};
export type RawClientsProcess = BenchProcess<RawClientsOrders>;

const sockets: Socket[] = [];

// As those that it is compared with.
keepHeapSlack();

serveOrders<RawClientsOrders>(
  {
    async join({ url, edges, first, parameters }) {
      await Promise.all(Array.from({ length: edges }, (_, i) => first + i).map((number) => new Promise<void>((resolve, reject) => {
        const delta = preparedDelta(parameters, number + 1);
        const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true });
        sockets.push(socket);
        socket.on('weights', (_weights: Buffer, answer: (delta: Uint8Array) => void) => answer(new Uint8Array(delta.buffer)));
        socket.once('connect', () => resolve());
        socket.once('connect_error', reject);
      })));
      return null;
    },
  },
  async () => {
    for (const socket of sockets) socket.disconnect();
  },
);
