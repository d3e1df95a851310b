/** Sends a report: at once where it is short, in acknowledged chunks with a bounded window where it is long. */
import { sha256Hex } from '#platform/crypto';
import { isMurmurError, MurmurError } from '../../shared/errors.ts';
import { asDigest, type AssignmentId } from '../../shared/ids.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { EdgeToCoordinator, ReportReply } from '../../shared/protocol/messages.ts';

export interface ChunkSizes {
  readonly chunkBytes: number;
  readonly chunkWindow: number;
}

/** Called again after a reconnect, it goes on where the coordinator stands. @throws the code of the refusal, disconnected, timeout */
export async function sendReport(link: Link<EdgeToCoordinator>, assignment: AssignmentId, frame: Uint8Array, sizes: ChunkSizes): Promise<ReportReply> {
  if (frame.byteLength <= sizes.chunkBytes) return link.request('report', { assignment, frame });
  const digest = asDigest(sha256Hex(frame));
  const { received } = await link.request('uploadBegin', { assignment, bytes: frame.byteLength, digest });
  const pending: Promise<ReportReply | undefined>[] = [];
  let offset = received;
  let outcome: ReportReply | undefined;
  while (offset < frame.byteLength || pending.length > 0) {
    while (offset < frame.byteLength && pending.length < sizes.chunkWindow) {
      const data = frame.subarray(offset, offset + sizes.chunkBytes);
      pending.push(link.request('uploadChunk', { assignment, offset, data }).then((reply) => reply.report));
      // Handled when its turn comes; until then its rejection must not count as unhandled.
      pending.at(-1)?.catch(() => undefined);
      offset += data.byteLength;
    }
    outcome = (await pending.shift()) ?? outcome;
  }
  // The last chunk arrived before the link broke: the report is known by its assignment, so saying it again is safe.
  if (!outcome && received === frame.byteLength) throw new MurmurError('upload_mismatch', 'the upload was complete, its outcome is not known; send it again');
  if (!outcome) throw new MurmurError('bad_message', 'the coordinator took the whole report and said nothing of its outcome');
  return outcome;
}

/** Whether sending the same report again may succeed. */
export function worthResending(thrown: unknown): boolean {
  return isMurmurError(thrown) && thrown.retryable;
}
