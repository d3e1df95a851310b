/** Checkpoints over HTTP, by digest: a broken download goes on by Range where it stopped. */
import { sha256Hex } from '#platform/crypto';
import { MurmurError } from '../../shared/errors.ts';
import type { Digest } from '../../shared/ids.ts';
import type { CheckpointSource } from './checkpoints.ts';

/** Attempts in a row that brought not one byte more. */
const FRUITLESS_ATTEMPTS = 5;

export function createHttpCheckpoints(baseUrl: string, fetchImplementation: typeof fetch = fetch): CheckpointSource {
  return {
    async fetch(digest, bytes, signal) {
      const whole = new Uint8Array(bytes);
      let received = 0;
      let last: unknown = null;
      for (let fruitless = 0; fruitless < FRUITLESS_ATTEMPTS && received < bytes; ) {
        const before = received;
        try {
          received = await download(digest, whole, received, signal);
        } catch (thrown) {
          if (signal.aborted) throw new MurmurError('aborted', 'the download was stopped');
          if (thrown instanceof MurmurError && !thrown.retryable) throw thrown;
          if (thrown instanceof Interrupted) received = thrown.received;
          last = thrown;
        }
        fruitless = received > before ? 0 : fruitless + 1;
      }
      if (received < bytes) throw new MurmurError('disconnected', `the checkpoint ${digest.slice(0, 12)}… broke off at ${received} of ${bytes} bytes, ${FRUITLESS_ATTEMPTS} times in a row`, { cause: last });
      if (sha256Hex(whole) !== digest) throw new MurmurError('bad_frame', `what was downloaded as checkpoint ${digest.slice(0, 12)}… does not have that digest`);
      return whole;
    },
  };

  async function download(digest: Digest, into: Uint8Array, from: number, signal: AbortSignal): Promise<number> {
    const response = await fetchImplementation(new URL(`/checkpoints/${digest}`, baseUrl), { signal, headers: from > 0 ? { range: `bytes=${from}-` } : {} });
    if (response.status === 404) throw new MurmurError('not_found', `the coordinator has no checkpoint ${digest.slice(0, 12)}…`);
    if (!response.ok || !response.body) throw new MurmurError('unavailable', `the coordinator answered ${response.status} for checkpoint ${digest.slice(0, 12)}…`);
    // A server that ignores Range sends it all from the start.
    let at = response.status === 206 ? from : 0;
    const reader = response.body.getReader();
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        if (at + read.value.byteLength > into.byteLength) {
          await reader.cancel();
          throw new MurmurError('bad_frame', `checkpoint ${digest.slice(0, 12)}… is longer than announced`);
        }
        into.set(read.value, at);
        at += read.value.byteLength;
      }
    } catch (thrown) {
      if (thrown instanceof MurmurError || signal.aborted) throw thrown;
      throw new Interrupted(at, thrown);
    }
    return at;
  }
}

/** How far a download came before it broke. */
class Interrupted extends Error {
  readonly received: number;
  constructor(received: number, cause: unknown) {
    super('the download broke off', { cause });
    this.received = received;
  }
}
