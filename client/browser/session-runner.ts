/** The page's half of a session: starts the worker, answers its questions about the device, and ends it. */
import { systemClock } from '../../shared/clock.ts';
import { createBrowserConditionsReader } from '../device/conditions-browser.ts';
import type { PageToWorker, StartOptions, WorkerToPage } from './worker-messages.ts';

/** Long enough to give an assignment back; a worker that is stuck is ended all the same. */
const GOODBYE_MS = 8_000;

export interface SessionRunner {
  leave(): void;
  /** For a page that is going away: no answer can be waited for. */
  abandon(): void;
}

export function startSession(options: StartOptions, onMessage: (message: WorkerToPage) => void): SessionRunner {
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
    onMessage(message);
  }

  worker.addEventListener('message', ({ data: message }: MessageEvent<WorkerToPage>) => {
    switch (message.type) {
      case 'conditions-wanted':
        void conditions.read().then((read) => send({ type: 'conditions', id: message.id, conditions: read }));
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
  send({ type: 'start', options });

  return {
    leave() {
      if (over) return;
      cancelGoodbye = systemClock.after(GOODBYE_MS, () => end({ type: 'left' }));
      send({ type: 'leave' });
    },
    abandon() {
      if (over) return;
      send({ type: 'leave' });
    },
  };
}
