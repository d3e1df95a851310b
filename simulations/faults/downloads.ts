/** Checkpoints as edges download them: the live source with its resuming and its digest, over a simulated connection. */
import type { CheckpointSource } from '../../client/edge/checkpoints.ts';
import { createHttpCheckpoints } from '../../client/edge/http-checkpoints.ts';
import type { HttpGet } from '../../client/edge/http-get.ts';
import { isMurmurError, MurmurError } from '../../shared/errors.ts';
import { asDigest } from '../../shared/ids.ts';
import type { Host } from './host.ts';
import type { MessageFate } from './message-fates.ts';

/** Where downloads come from: the coordinator's process that answers now. */
export interface DownloadServer {
  readonly host: Host;
  readonly blobs: { get(digest: ReturnType<typeof asDigest>): Promise<Uint8Array> };
  /** Connections that break when it dies. */
  readonly connections: Set<() => void>;
}

/** As one download needs it. */
export interface OpenServer extends Omit<DownloadServer, 'connections'> {
  readonly connections: { add(stop: () => void): unknown; delete(stop: () => void): unknown };
}

export interface DownloadOptions {
  readonly host: Host;
  /** What the next one meets; null: nothing. */
  readonly fate: () => MessageFate | null;
  /** One way, without and with so many bytes. Milliseconds. */
  readonly takesMs: (bytes: number) => number;
  /** After how long without an end it is given up. */
  readonly replyMs: number;
  /** null: nobody answers, or the edge is out of reach. */
  readonly server: () => OpenServer | null;
}

export function createDownloads({ host, fate, takesMs, replyMs, server }: DownloadOptions): CheckpointSource {
  const get: HttpGet = (url, { from, signal, onBytes }) =>
    new Promise((resolve, reject) => {
      // Nothing of a dead process goes on.
      if (host.state === 'dead') return;
      const answering = server();
      const fault = fate();
      const timers: (() => void)[] = [];
      let over = false;
      const finish = (settle: () => void): void => {
        over = true;
        for (const cancel of timers) cancel();
        signal.removeEventListener('abort', onAbort);
        answering?.connections.delete(onBreak);
        settle();
      };
      const onAbort = (): void => finish(() => reject(signal.reason as Error));
      const onBreak = (): void => finish(() => reject(new MurmurError('disconnected', 'the download broke off')));
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      answering?.connections.add(onBreak);
      timers.push(host.clock.after(replyMs, onBreak));
      if (answering === null) return void timers.push(host.clock.after(takesMs(0), onBreak));
      if (fault?.fate === 'drop') return;

      const arrive = (status: number, body: Uint8Array): void => {
        // Given up while the coordinator read its disk.
        if (over) return;
        timers.push(host.clock.after(takesMs(body.byteLength) + (fault?.fate === 'delay' ? fault.ms : 0), () => {
          try {
            const until = fault?.fate === 'cut' ? body.byteLength >> 1 : body.byteLength;
            if (status !== 404 && until > 0) onBytes(status, body.subarray(0, until));
            if (fault?.fate === 'cut') onBreak();
            else finish(() => resolve(status));
          } catch (thrown) {
            finish(() => reject(thrown));
          }
        }));
      };
      timers.push(answering.host.clock.after(takesMs(0), () => {
        answering.blobs.get(asDigest(url.pathname.split('/').at(-1) ?? '')).then(
          (bytes) => {
            const body = bytes.slice(from);
            if (fault?.fate === 'corrupt' && body.byteLength > 0) body[body.byteLength >> 1] ^= 1;
            arrive(from > 0 ? 206 : 200, body);
          },
          (thrown: unknown) => arrive(isMurmurError(thrown, 'not_found') ? 404 : 503, new Uint8Array()),
        );
      }));
    });
  return createHttpCheckpoints('http://coordinator', get);
}
