/** The baseline's coordinator: socket.io and a loop over the numbers. It checks nothing, keeps nothing and forgets nothing. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { keepHeapSlack } from '../../../server/heap-slack.ts';
import { serveOrders, type BenchProcess } from '../child-process.ts';
import type { RoundCase } from './cases.ts';

export type RawServerOrders = {
  start: { payload: RoundCase; answer: { readonly url: string } };
  /** Milliseconds of each exchange: weights to all, a delta back from each in the acknowledgement, weighted sum, mean. */
  exchange: { payload: { readonly count: number }; answer: readonly number[] };
};
export type RawServerProcess = BenchProcess<RawServerOrders>;

let weights = new Float32Array(0);
const http = createServer();
const sockets = new Server(http, { perMessageDeflate: false, httpCompression: false, serveClient: false, maxHttpBufferSize: 2 ** 30, transports: ['websocket'] });

async function exchange(): Promise<number> {
  const begun = performance.now();
  const sum = new Float64Array(weights.length);
  let total = 0;
  const bytes = Buffer.from(weights.buffer, weights.byteOffset, weights.byteLength);
  await Promise.all([...sockets.sockets.sockets.values()].map(async (socket, i) => {
    const answer = (await socket.timeout(60_000).emitWithAck('weights', bytes)) as Buffer;
    const weight = 100 + i;
    // A view where the bytes lie so that one can be made.
    const place = answer.byteOffset % 4 === 0 ? answer : new Uint8Array(answer);
    const delta = new Float32Array(place.buffer as ArrayBuffer, place.byteOffset, weights.length);
    for (let k = 0; k < delta.length; k++) sum[k] += weight * delta[k];
    total += weight;
  }));
  const next = new Float32Array(weights.length);
  for (let k = 0; k < next.length; k++) next[k] = weights[k] + sum[k] / total;
  weights = next;
  return performance.now() - begun;
}

// As those that it is compared with.
keepHeapSlack();

serveOrders<RawServerOrders>(
  {
    async start({ parameters }) {
      weights = new Float32Array(parameters);
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
      return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
    },
    async exchange({ count }) {
      const times: number[] = [];
      for (let i = 0; i < count; i++) times.push(await exchange());
      return times;
    },
  },
  async () => {
    await sockets.close();
  },
);
