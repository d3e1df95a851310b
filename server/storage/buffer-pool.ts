/**
 * Large buffers that are used again. The runtime counts their memory against the next full garbage collection, and one
 * that outlives a few quick ones is freed by a full one alone: a coordinator that makes a fresh buffer for every report
 * spends more time on that than on the reports.
 */

export interface BufferPool {
  /** `bytes` bytes that begin at a multiple of 8; what they hold is left from before. */
  take(bytes: number): Uint8Array<ArrayBuffer>;
  /** Whoever gives one back may neither read nor write it any more; nor may anybody who got it from him. */
  giveBack(buffer: Uint8Array<ArrayBuffer>): void;
}

/** Smaller ones are cheaper to make than to keep. */
const LEAST_BYTES = 64 * 1024;

/** @param mostIdleBytes kept while nobody uses them; what is given back beyond is let go */
export function createBufferPool(mostIdleBytes = 64 << 20): BufferPool {
  /** The last one given back comes last: it is the most likely one to lie in the cache still. */
  const idle: ArrayBuffer[] = [];
  let idleBytes = 0;

  const remove = (at: number): ArrayBuffer => {
    const [buffer] = idle.splice(at, 1);
    idleBytes -= buffer.byteLength;
    return buffer;
  };

  return {
    take(bytes) {
      // Reports of one task are alike: one that fits tightly is there, or none.
      const at = bytes < LEAST_BYTES ? -1 : idle.findLastIndex(({ byteLength }) => byteLength >= bytes && byteLength <= bytes * 1.25);
      return at < 0 ? new Uint8Array(bytes) : new Uint8Array(remove(at), 0, bytes);
    },
    giveBack({ buffer }) {
      if (buffer.byteLength < LEAST_BYTES || buffer.byteLength > mostIdleBytes) return;
      idle.push(buffer);
      idleBytes += buffer.byteLength;
      // Those that nobody asked for longest make room: the next task's reports have another size.
      while (idleBytes > mostIdleBytes) remove(0);
    },
  };
}
