/** Memory that is handed out and taken back, as offsets: the smallest free piece that fits, otherwise more at the end. */

export interface Piece {
  readonly offset: number;
  readonly bytes: number;
}

export interface FreeList {
  /** Offset of so many bytes that nobody else has. */
  take(bytes: number): number;
  give(offset: number, bytes: number): void;
  /** Bytes that were in use at most. */
  highest(): number;
}

export function createFreeList(): FreeList {
  // In the order of their offsets, never two next to each other.
  const free: Piece[] = [];
  let top = 0;
  return {
    highest: () => top,
    take(bytes) {
      let best = -1;
      free.forEach((piece, i) => {
        if (piece.bytes >= bytes && (best < 0 || piece.bytes < free[best].bytes)) best = i;
      });
      if (best >= 0) {
        const { offset, bytes: size } = free[best];
        free.splice(best, 1, ...(size > bytes ? [{ offset: offset + bytes, bytes: size - bytes }] : []));
        return offset;
      }
      // A free piece at the end grows.
      const last = free.at(-1);
      const offset = last && last.offset + last.bytes === top ? last.offset : top;
      if (offset < top) free.pop();
      top = offset + bytes;
      return offset;
    },
    give(offset, bytes) {
      let at = free.findIndex((piece) => piece.offset > offset);
      if (at < 0) at = free.length;
      const [before, after] = [free.at(at - 1), free.at(at)];
      const joinsBefore = at > 0 && before !== undefined && before.offset + before.bytes === offset;
      const joinsAfter = after !== undefined && offset + bytes === after.offset;
      const start = joinsBefore ? before.offset : offset;
      const end = joinsAfter ? after.offset + after.bytes : offset + bytes;
      free.splice(at - (joinsBefore ? 1 : 0), (joinsBefore ? 1 : 0) + (joinsAfter ? 1 : 0), { offset: start, bytes: end - start });
    },
  };
}
