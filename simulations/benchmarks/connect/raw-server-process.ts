/** The baseline's server: socket.io with the coordinator's options, to which nobody says anything. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { MurmurError } from '../../../shared/errors.ts';
import { keepHeapSlack } from '../../../server/heap-slack.ts';
import { serveOrders } from '../child-process.ts';
import type { ServerOrders } from './coordinator-process.ts';
import { settledMemory } from './settled-memory.ts';

const http = createServer();
const sockets = new Server(http, { perMessageDeflate: false, httpCompression: false, serveClient: false, transports: ['websocket'] });

// As the one that it is compared with.
keepHeapSlack();

serveOrders<ServerOrders>(
  {
    async start() {
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
      return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
    },
    async memory() {
      return { ...(await settledMemory()), connected: sockets.engine.clientsCount };
    },
    rounds: () => Promise.reject(new MurmurError('internal', 'the baseline has no rounds')),
  },
  async () => {
    await sockets.close();
  },
);
