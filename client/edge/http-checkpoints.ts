/** Checkpoints over HTTP, by digest: a broken download goes on by Range where it stopped. */
import { sha256Hex } from '#platform/crypto';
import { MurmurError } from '../../shared/errors.ts';
import type { CheckpointSource } from './checkpoints.ts';
import { fetchGet, type HttpGet } from './http-get.ts';

/** Attempts in a row that brought not one byte more. */
const FRUITLESS_ATTEMPTS = 5;

export function createHttpCheckpoints(baseUrl: string, get: HttpGet = fetchGet): CheckpointSource {
  return {
    async fetch(digest, bytes, signal) {
      const name = `checkpoint ${digest.slice(0, 12)}…`;
      const whole = new Uint8Array(bytes);
      let received = 0;
      let last: unknown = null;

      async function download(): Promise<void> {
        const from = received;
        let begun = false;
        const status = await get(new URL(`/checkpoints/${digest}`, baseUrl), {
          from, signal,
          onBytes(answered, piece) {
            // A server that ignores Range sends it all from the start.
            if (!begun && answered !== 206) received = 0;
            begun = true;
            if (received + piece.byteLength > bytes) throw new MurmurError('bad_frame', `${name} is longer than announced`);
            whole.set(piece, received);
            received += piece.byteLength;
          },
        });
        if (status === 404) throw new MurmurError('not_found', `the coordinator has no ${name}`);
        if (status !== 200 && status !== 206) throw new MurmurError('unavailable', `the coordinator answered ${status} for ${name}`);
      }

      for (let fruitless = 0; fruitless < FRUITLESS_ATTEMPTS && received < bytes; ) {
        const before = received;
        try {
          await download();
        } catch (thrown) {
          if (signal.aborted) throw new MurmurError('aborted', 'the download was stopped');
          if (thrown instanceof MurmurError && !thrown.retryable) throw thrown;
          last = thrown;
        }
        fruitless = received > before ? 0 : fruitless + 1;
      }
      if (received < bytes) throw new MurmurError('disconnected', `the ${name} broke off at ${received} of ${bytes} bytes, ${FRUITLESS_ATTEMPTS} times in a row`, { cause: last });
      if (sha256Hex(whole) !== digest) throw new MurmurError('bad_frame', `what was downloaded as ${name} does not have that digest`);
      return whole;
    },
  };
}
