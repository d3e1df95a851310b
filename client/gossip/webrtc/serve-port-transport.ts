/** The page's half of a worker's transport: opens wires for the worker and passes on whatever goes through them. */
import { MurmurError, toMurmurError } from '../../../shared/errors.ts';
import type { PeerTransport, Signalling, Wire } from '../wire.ts';
import { ownBuffer, type PageToWorkerMessage, type Port, type WorkerToPageMessage } from './port-messages.ts';

interface Served {
  readonly stopper: AbortController;
  readonly keptSignals: unknown[];
  onSignal: ((signal: unknown) => void) | null;
  wire: Wire | null;
  /** Bytes that the wire was given, and how many of them the worker knows to have left. */
  given: number;
  told: number;
}

export interface PortService {
  /** Wires and attempts of the worker. */
  readonly open: number;
  /** The worker is gone, or is to have none any more: closes all. The transport remains its owner's. */
  stop(): void;
}

export function servePortTransport(port: Port<WorkerToPageMessage, PageToWorkerMessage>, transport: PeerTransport): PortService {
  const served = new Map<number, Served>();
  let stopped = false;

  function tell(message: PageToWorkerMessage, transfer: ArrayBuffer[] = []): void {
    if (!stopped) port.postMessage(message, transfer);
  }

  function tellLeft(number: number, one: Served): void {
    if (one.wire === null || one.wire.closed) return;
    const left = one.given - one.wire.bufferedAmount;
    if (left === one.told) return;
    one.told = left;
    tell({ type: 'left', wire: number, bytes: left });
  }

  async function begin(type: 'open' | 'answer', number: number, peer: Signalling['peer']): Promise<void> {
    const one: Served = { stopper: new AbortController(), keptSignals: [], onSignal: null, wire: null, given: 0, told: 0 };
    served.set(number, one);
    const signalling: Signalling = {
      peer,
      send: (signal) => tell({ type: 'signal', wire: number, signal }),
      onSignal(handler) {
        one.onSignal = handler;
        for (const signal of one.keptSignals.splice(0)) handler(signal);
      },
    };
    try {
      const wire = await transport[type](signalling, one.stopper.signal);
      if (one.stopper.signal.aborted) wire.close('given up');
      one.wire = wire;
      tell({ type: 'opened', wire: number, kind: wire.kind, binding: wire.binding, maxMessageBytes: wire.maxMessageBytes });
      wire.onMessage((message) => {
        const bytes = ownBuffer(message);
        tell({ type: 'message', wire: number, bytes }, [bytes]);
      });
      wire.onClose((reason) => {
        served.delete(number);
        tell({ type: 'closed', wire: number, reason });
      });
    } catch (thrown) {
      served.delete(number);
      const { code, message, retryable } = toMurmurError(thrown);
      tell({ type: 'failed', wire: number, error: { code, message, retryable } });
    }
  }

  function hear(message: WorkerToPageMessage): void {
    const { wire: number } = message;
    if (message.type === 'open' || message.type === 'answer') return void begin(message.type, number, message.peer);
    const one = served.get(number);
    if (one === undefined) return;
    switch (message.type) {
      case 'signal':
        if (one.onSignal) one.onSignal(message.signal);
        else one.keptSignals.push(message.signal);
        return;
      case 'abort':
        one.stopper.abort(new MurmurError('aborted', 'the worker gave the attempt up'));
        one.wire?.close('given up');
        return;
      case 'send':
        one.given += message.bytes.byteLength;
        try {
          one.wire?.send(new Uint8Array(message.bytes));
        } catch {
          // It has closed, which the worker hears in that way.
        }
        return tellLeft(number, one);
      case 'drained-at':
        // Before `bufferedAmount` falls so far the worker waits for nothing.
        return one.wire?.onDrained(message.bytes, () => tellLeft(number, one));
      case 'close':
        return one.wire?.close(message.reason);
    }
  }

  port.onmessage = ({ data }) => hear(data);

  return {
    get open() {
      return served.size;
    },
    stop() {
      stopped = true;
      port.onmessage = null;
      for (const one of [...served.values()]) {
        one.stopper.abort(new MurmurError('aborted', 'the page stops'));
        one.wire?.close('the worker is gone');
      }
      served.clear();
    },
  };
}
