/** An error reply, as the MurmurError that the other side meant: nothing of it is taken on trust. */
import { fromErrorBody, MurmurError } from '../errors.ts';

/** Messages end up in the store and on pages. Characters. */
const LONGEST_MESSAGE = 300;
/** What this side alone can know: an edge that merely says so must not pass for one that is away, and may come back. */
const LOCAL_CODES: ReadonlySet<string> = new Set(['disconnected', 'timeout']);

/** Never throws. What is no error body, or claims a failure of the link, is `bad_message`; an unknown code is `internal`. */
export function fromRemoteError(body: unknown): MurmurError {
  if (typeof body !== 'object' || body === null || !('code' in body) || typeof body.code !== 'string') return new MurmurError('bad_message', 'the other side replied with an error that is none');
  const message = 'message' in body && typeof body.message === 'string' ? body.message.slice(0, LONGEST_MESSAGE) : 'no message was given';
  if (LOCAL_CODES.has(body.code)) return new MurmurError('bad_message', `the other side replied with ${body.code}, which is no reply: ${message}`.slice(0, LONGEST_MESSAGE));
  return fromErrorBody({ code: body.code, message, details: 'details' in body ? body.details : undefined });
}
