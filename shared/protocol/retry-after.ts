/** A refusal for now that says when to try again: an edge that obeys comes when there is room for it. */
import { MurmurError } from '../errors.ts';

/** What is believed of the other side. Milliseconds. */
const LONGEST_MS = 3_600_000;

export function unavailableFor(retryAfterMs: number, message: string): MurmurError {
  return new MurmurError('unavailable', message, { details: { retryAfterMs } });
}

/** Milliseconds; null where the error says nothing of it, or nonsense. */
export function retryAfterOf({ code, details }: MurmurError): number | null {
  if (code !== 'unavailable' || typeof details !== 'object' || details === null || !('retryAfterMs' in details)) return null;
  const { retryAfterMs } = details;
  return typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? Math.min(LONGEST_MS, retryAfterMs) : null;
}
