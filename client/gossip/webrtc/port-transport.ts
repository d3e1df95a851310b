/**
 * A worker's transport whose wires live on its page, since workers have no WebRTC. Bytes go to the page without being copied
 * there, and what the page's wire still holds counts as held here, so that a channel in the worker gives it no more than it may.
 */
import { fromErrorBody, MurmurError } from '../../../shared/errors.ts';
import { createEnding, createInbox } from '../wire-parts.ts';
import type { PeerTransport, Signalling, Wire, WireKind } from '../wire.ts';
import type { PageToWorkerMessage, Port, WorkerToPageMessage } from './port-messages.ts';

/** What becomes of what the page says of one attempt or wire. */
interface Attempt {
  hear(message: PageToWorkerMessage): void;
}

/** @param port to `servePortTransport` on the page; this side then owns its `onmessage` */
export function createPortTransport(port: Port<PageToWorkerMessage, WorkerToPageMessage>): PeerTransport {
  const stopper = new AbortController();
  const attempts = new Map<number, Attempt>();
  const wires = new Set<Wire>();
  let count = 0;

  const tell = (message: WorkerToPageMessage, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  port.onmessage = ({ data }) => attempts.get(data.wire)?.hear(data);

  function begin(type: 'open' | 'answer', signalling: Signalling, given: AbortSignal): Promise<Wire> {
    const signal = AbortSignal.any([given, stopper.signal]);
    const number = ++count;
    return new Promise((resolve, reject) => {
      let wire: PortWire | null = null;
      const onAbort = (): void => {
        // It stays here until the page has said that it is over: its last word to the other side is still to be passed on.
        tell({ type: 'abort', wire: number });
        reject(new MurmurError('aborted', `the attempt to reach ${signalling.peer} was given up`, { cause: signal.reason }));
      };

      function opened({ kind, binding, maxMessageBytes }: PageToWorkerMessage & { type: 'opened' }): void {
        signal.removeEventListener('abort', onAbort);
        const made = createPortWire(number, { kind, binding, maxMessageBytes }, tell);
        wire = made;
        wires.add(made.wire);
        made.wire.onClose(() => {
          attempts.delete(number);
          wires.delete(made.wire);
        });
        resolve(made.wire);
      }

      if (signal.aborted) return reject(new MurmurError('aborted', 'the transport stops, or the attempt was given up', { cause: signal.reason }));
      signal.addEventListener('abort', onAbort, { once: true });
      attempts.set(number, {
        hear(message) {
          switch (message.type) {
            case 'signal':
              return signalling.send(message.signal);
            case 'opened':
              return signal.aborted ? undefined : opened(message);
            case 'failed':
              signal.removeEventListener('abort', onAbort);
              attempts.delete(number);
              return reject(fromErrorBody(message.error));
            case 'message':
              return wire?.take(new Uint8Array(message.bytes));
            case 'left':
              return wire?.left(message.bytes);
            case 'closed':
              attempts.delete(number);
              return wire?.end(message.reason);
          }
        },
      });
      tell({ type, wire: number, peer: signalling.peer });
      signalling.onSignal((said) => {
        if (attempts.has(number)) tell({ type: 'signal', wire: number, signal: said });
      });
    });
  }

  return {
    kind: 'webrtc',
    open: (signalling, signal) => begin('open', signalling, signal),
    answer: (signalling, signal) => begin('answer', signalling, signal),
    async stop() {
      stopper.abort(new MurmurError('aborted', 'the transport stops'));
      for (const wire of [...wires]) wire.close('the transport stops');
    },
  };
}

interface PortWire {
  readonly wire: Wire;
  take(message: Uint8Array): void;
  /** @param bytes of all that was sent */
  left(bytes: number): void;
  end(reason: string): void;
}

interface WireFacts {
  readonly kind: WireKind;
  readonly binding: string;
  readonly maxMessageBytes: number;
}

function createPortWire(number: number, { kind, binding, maxMessageBytes }: WireFacts, tell: (message: WorkerToPageMessage, transfer?: ArrayBuffer[]) => void): PortWire {
  const inbox = createInbox();
  const ending = createEnding();
  let sent = 0;
  let gone = 0;
  let lowWater = 0;
  let onDrained: () => void = () => undefined;

  function end(reason: string): void {
    inbox.shut();
    gone = sent;
    ending.end(reason);
  }

  function close(reason: string): void {
    if (ending.reason !== null) return;
    tell({ type: 'close', wire: number, reason });
    end(reason);
  }

  return {
    end,
    take(message) {
      if (!inbox.put(message)) close('too_large: nobody takes what comes');
    },
    left(bytes) {
      const before = sent - gone;
      gone = bytes;
      if (before > lowWater && sent - gone <= lowWater) onDrained();
    },
    wire: {
      kind,
      binding,
      maxMessageBytes,
      get bufferedAmount() {
        return sent - gone;
      },
      get closed() {
        return ending.reason !== null;
      },
      send(message) {
        if (ending.reason !== null) throw new MurmurError('disconnected', `the wire is closed: ${ending.reason}`);
        if (message.byteLength > maxMessageBytes) throw new MurmurError('too_large', `a message of ${message.byteLength} bytes; at most ${maxMessageBytes} are sent`);
        sent += message.byteLength;
        // The caller keeps its bytes: a copy is given away.
        const { buffer: bytes } = new Uint8Array(message);
        tell({ type: 'send', wire: number, bytes }, [bytes]);
      },
      onDrained(lowWaterBytes, handler) {
        lowWater = lowWaterBytes;
        onDrained = handler;
        tell({ type: 'drained-at', wire: number, bytes: lowWaterBytes });
      },
      onMessage: (handler) => inbox.onMessage(handler),
      onClose: (handler) => ending.onEnd(handler),
      close: (reason = 'closed') => close(reason),
    },
  };
}
