/** The page's half of a session: starts the worker, answers its questions about the device, and ends it. */
import { systemClock } from '../../shared/clock.ts';
import { createBrowserConditionsReader } from '../device/conditions-browser.ts';
import { openBrowserConnection } from '../gossip/webrtc/browser/browser-connection.ts';
import { servePortTransport, type PortService } from '../gossip/webrtc/serve-port-transport.ts';
import { createWebRtcTransport } from '../gossip/webrtc/webrtc-transport.ts';
import type { PageToWorker, StartMessage, WorkerToPage } from './worker-messages.ts';

/** Long enough to give an assignment back; a worker that is stuck is ended all the same. */
const GOODBYE_MS = 8_000;

export interface SessionRunner {
  leave(): void;
  /** Asks for the model, which comes as a message. */
  exportModel(): void;
  /** For a page that is going away: no answer can be waited for. */
  abandon(): void;
}

export function startSession(start: StartMessage, onMessage: (message: WorkerToPage) => void): SessionRunner {
  const conditions = createBrowserConditionsReader();
  const worker = new Worker(new URL('assets/join-worker.js', document.baseURI), { type: 'module', name: 'murmuration-edge' });
  const send = (message: PageToWorker): void => worker.postMessage(message);
  let over = false;
  let cancelGoodbye = (): void => undefined;

  function end(message: WorkerToPage): void {
    if (over) return;
    over = true;
    cancelGoodbye();
    worker.terminate();
    endWebRtc();
    onMessage(message);
  }

  let endWebRtc = (): void => undefined;

  /** Workers have no WebRTC: theirs is here. */
  function serveWebRtc({ port, iceServers }: WorkerToPage & { type: 'webrtc-wanted' }): void {
    endWebRtc();
    const transport = createWebRtcTransport({ connect: openBrowserConnection, clock: systemClock, iceServers });
    const service: PortService = servePortTransport(port, transport);
    endWebRtc = () => {
      endWebRtc = () => undefined;
      service.stop();
      void transport.stop();
      port.close();
    };
  }

  worker.addEventListener('message', ({ data: message }: MessageEvent<WorkerToPage>) => {
    switch (message.type) {
      case 'conditions-wanted':
        void conditions.read().then((read) => send({ type: 'conditions', id: message.id, conditions: read }));
        return;
      case 'webrtc-wanted':
        serveWebRtc(message);
        return;
      case 'left':
      case 'failed':
        end(message);
        return;
      default:
        if (!over) onMessage(message);
    }
  });
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    const what = event.message === '' || event.message === undefined ? 'its script did not load; reload the page' : event.message;
    end({ type: 'failed', error: { code: 'internal', message: `the worker that trains has stopped: ${what}`, retryable: false } });
  });
  send(start);

  return {
    leave() {
      if (over) return;
      cancelGoodbye = systemClock.after(GOODBYE_MS, () => end({ type: 'left' }));
      send({ type: 'leave' });
    },
    exportModel() {
      if (!over) send({ type: 'export' });
    },
    abandon() {
      if (over) return;
      send({ type: 'leave' });
    },
  };
}
