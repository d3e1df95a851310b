/** A finding as it is kept: by which reading, and from when to when it stood. */
import type { Finding } from './reading.ts';

export interface FindingRecord extends Finding {
  readonly reading: string;
  /** The round at whose end it was found first, and found last. */
  readonly foundIn: number;
  readonly lastIn: number;
  /** The round at whose end it was over; null while it stands. */
  readonly overIn: number | null;
}
