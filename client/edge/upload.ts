/** Sends a frame: at once where it is short, in acknowledged chunks with a bounded window where it is long. */
import { randomBytes as platformRandomBytes, sha256Hex } from '#platform/crypto';
import { MurmurError } from '../../shared/errors.ts';
import { asDigest, type AssignmentId, type Digest, type TaskId } from '../../shared/ids.ts';
import { toHex } from '../../shared/hex.ts';
import { chunkAt, joined, lengthOf } from '../../shared/protocol/pieces.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { EdgeToCoordinator, ReportOutcome, ReportReply } from '../../shared/protocol/messages.ts';

export interface ChunkSizes {
  readonly chunkBytes: number;
  readonly chunkWindow: number;
}

interface ChunkedRequests<Outcome> {
  begin(bytes: number, digest: Digest): Promise<{ readonly received: number }>;
  /** The outcome comes with the chunk that completes the frame. */
  chunk(offset: number, data: Uint8Array): Promise<Outcome | undefined>;
}

/**
 * A report's frame is made once, and kept until it is answered for: drawn digits name it as well as a hash over megabytes.
 * Whoever trains anew after a restart makes another frame, with another name.
 */
const names = new WeakMap<object, Digest>();

function nameOf(frame: object, randomBytes: (count: number) => Uint8Array): Digest {
  const name = names.get(frame) ?? asDigest(toHex(randomBytes(32)));
  names.set(frame, name);
  return name;
}

/**
 * Called again after a reconnect, it goes on where the coordinator stands.
 * @param frame whole, or in pieces, of which large ones are not copied: they stay as they are until it is answered
 * @throws the code of the refusal, disconnected, timeout
 */
export async function sendReport(link: Link<EdgeToCoordinator>, assignment: AssignmentId, frame: Uint8Array | readonly Uint8Array[], sizes: ChunkSizes, randomBytes = platformRandomBytes): Promise<ReportReply> {
  const pieces = frame instanceof Uint8Array ? [frame] : frame;
  if (lengthOf(pieces) <= sizes.chunkBytes) return link.request('report', { assignment, frame: joined(pieces) });
  return sendInChunks(pieces, nameOf(frame, randomBytes), sizes, {
    begin: (bytes, digest) => link.request('uploadBegin', { assignment, bytes, digest }),
    chunk: async (offset, data) => (await link.request('uploadChunk', { assignment, offset, data })).report,
  });
}

/** The same for an edge aggregator's accumulator. */
export async function sendAccumulator(link: Link<EdgeToCoordinator>, of: { readonly task: TaskId; readonly round: number }, frame: Uint8Array, sizes: ChunkSizes): Promise<ReportOutcome> {
  const { task, round } = of;
  if (frame.byteLength <= sizes.chunkBytes) return (await link.request('accumulator', { task, round, frame })).outcome;
  // By its content: an accumulator that is forwarded again is encoded again.
  return sendInChunks([frame], asDigest(sha256Hex(frame)), sizes, {
    begin: (bytes, digest) => link.request('accumulatorBegin', { task, round, bytes, digest }),
    chunk: async (offset, data) => (await link.request('accumulatorChunk', { task, round, offset, data })).outcome,
  });
}

async function sendInChunks<Outcome>(pieces: readonly Uint8Array[], name: Digest, sizes: ChunkSizes, requests: ChunkedRequests<Outcome>): Promise<Outcome> {
  const bytes = lengthOf(pieces);
  const { received } = await requests.begin(bytes, name);
  const pending: Promise<Outcome | undefined>[] = [];
  let offset = received;
  let outcome: Outcome | undefined;
  while (offset < bytes || pending.length > 0) {
    while (offset < bytes && pending.length < sizes.chunkWindow) {
      const data = chunkAt(pieces, offset, sizes.chunkBytes);
      const sent = requests.chunk(offset, data);
      // Handled when its turn comes; until then its rejection must not count as unhandled.
      sent.catch(() => undefined);
      pending.push(sent);
      offset += data.byteLength;
    }
    outcome = (await pending.shift()) ?? outcome;
  }
  if (outcome === undefined) throw new MurmurError('bad_message', 'the coordinator took the whole frame and said nothing of its outcome');
  return outcome;
}
