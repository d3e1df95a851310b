/** Lends a transport of this tab, or of its worker, to the test. */
import { io } from 'socket.io-client';
import type { PageToWorkerMessage, WorkerToPageMessage } from '../../../client/gossip/webrtc/port-messages.ts';
import { servePortTransport } from '../../../client/gossip/webrtc/serve-port-transport.ts';
import type { PeerTransport } from '../../../client/gossip/wire.ts';
import { socketPort } from '../../helpers/socket-port.ts';

/** Ends when the test hangs up. */
export function lend(url: string, transport: PeerTransport, onEnd: () => void): void {
  const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true });
  const service = servePortTransport(socketPort<WorkerToPageMessage, PageToWorkerMessage>(socket), transport);
  socket.on('census', (answer: (open: number) => void) => answer(service.open));
  socket.on('disconnect', () => {
    service.stop();
    void transport.stop().then(onEnd);
  });
}
