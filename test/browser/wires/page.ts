/** A page with WebRTC, of its own or lent to its worker. */
import '../../../shared/strict-policy.ts';
import { openBrowserConnection } from '../../../client/gossip/webrtc/browser/browser-connection.ts';
import { servePortTransport } from '../../../client/gossip/webrtc/serve-port-transport.ts';
import { createWebRtcTransport } from '../../../client/gossip/webrtc/webrtc-transport.ts';
import { systemClock } from '../../../shared/clock.ts';
import { lend } from './serve.ts';

const create = () => createWebRtcTransport({ connect: openBrowserConnection, clock: systemClock });

function lendPage(): void {
  lend(location.href, create(), () => undefined);
}

function lendWorker(): void {
  const transport = create();
  const worker = new Worker('/worker.js', { type: 'module' });
  const { port1, port2 } = new MessageChannel();
  const service = servePortTransport(port1, transport);
  worker.onmessage = () => {
    service.stop();
    port1.close();
    worker.terminate();
    void transport.stop();
  };
  worker.postMessage({ url: location.href, port: port2 }, [port2]);
}

Object.assign(globalThis, { lendPage, lendWorker });
