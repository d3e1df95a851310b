/** What `wire-process.ts` says of a frame that it got, and what a frame holds. */
export interface FrameSeen {
  readonly length: number;
  /** Whether the bytes were those of `frameByte`. */
  readonly right: boolean;
  /** Resident memory before the first frame, and the most while frames came. Bytes. */
  readonly before: number;
  readonly peak: number;
}

export const frameByte = (i: number): number => (i * 31 + (i >>> 16)) & 255;
