/** The baseline's load: socket.io clients that connect and say nothing. */
import { io } from 'socket.io-client';
import { keepHeapSlack } from '../../../server/heap-slack.ts';
import { serveOrders } from '../child-process.ts';
import { openAll, type LoadOrders } from './load.ts';

let url = '';

// As those that they are compared with.
keepHeapSlack();

serveOrders<LoadOrders>(
  {
    async prepare(payload) {
      url = payload.url;
      return null;
    },
    async connect({ count }) {
      await openAll(Array.from({ length: count }), () => new Promise((resolve, reject) => {
        const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true });
        socket.once('connect', () => resolve());
        socket.once('connect_error', reject);
      }));
      return null;
    },
    release: () => Promise.resolve(null),
  },
  () => Promise.resolve(),
);
