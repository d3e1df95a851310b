/** Puts the parts of one lane's frames together: one frame at a time, in one allocation. */
import { MurmurError } from '../../shared/errors.ts';
import type { Part } from './channel-messages.ts';

/** Frames up to this size get their memory as soon as they are announced. */
const AT_ONCE_BYTES = 2 ** 18;
/** Longer ones when this share of them has come: till then the parts are kept as they are, and would have to be copied anyway. */
const SHARE_BEFORE = 1 / 8;

export interface Assembly {
  /** The frame, where this part completes it; else null. @throws bad_frame, too_large: no part that can come now */
  take(part: Part): Uint8Array | null;
  /** Bytes that are held for a frame of which parts are missing. */
  readonly heldBytes: number;
  /** A frame is begun and not complete. */
  readonly underWay: boolean;
  clear(): void;
}

/** @param maxFrameBytes what a peer may announce; memory is taken for what arrives of it, at most eight times as much */
export function createAssembly(maxFrameBytes: number): Assembly {
  /** Null: no frame is under way. */
  let length: number | null = null;
  let arrived = 0;
  let parts: Uint8Array[] = [];
  let whole: Uint8Array | null = null;

  function clear(): void {
    length = null;
    arrived = 0;
    parts = [];
    whole = null;
  }

  function begin(announced: number, bytes: Uint8Array): Uint8Array | null {
    if (length !== null) throw new MurmurError('bad_frame', 'a frame begins before the last one of its lane has ended');
    if (announced > maxFrameBytes) throw new MurmurError('too_large', `a frame of ${announced} bytes; at most ${maxFrameBytes} are taken`);
    if (bytes.byteLength > announced) throw new MurmurError('bad_frame', 'a message holds more than its frame');
    if (bytes.byteLength === announced) return inPlace(bytes);
    if (bytes.byteLength === 0) throw new MurmurError('bad_frame', 'a message holds nothing of its frame');
    length = announced;
    return add(bytes, announced);
  }

  function add(bytes: Uint8Array, total: number): Uint8Array | null {
    if (whole === null && (total <= AT_ONCE_BYTES || arrived + bytes.byteLength >= total * SHARE_BEFORE)) {
      whole = new Uint8Array(total);
      let offset = 0;
      for (const part of parts) {
        whole.set(part, offset);
        offset += part.byteLength;
      }
      parts = [];
    }
    if (whole === null) parts.push(bytes);
    else whole.set(bytes, arrived);
    arrived += bytes.byteLength;
    if (arrived < total) return null;
    const frame = whole;
    clear();
    return frame;
  }

  return {
    clear,
    get heldBytes() {
      return whole?.byteLength ?? arrived;
    },
    get underWay() {
      return length !== null;
    },
    take({ length: announced, offset, bytes }) {
      if (announced !== null) return begin(announced, bytes);
      if (length === null) throw new MurmurError('bad_frame', 'a frame goes on that has not begun');
      if (offset !== arrived) throw new MurmurError('bad_frame', `a part stands at byte ${offset} of its frame, and ${arrived} have come`);
      if (bytes.byteLength === 0 || arrived + bytes.byteLength > length) throw new MurmurError('bad_frame', 'a message holds nothing of its frame, or more than is missing');
      return add(bytes, length);
    },
  };
}

/** Frames are read where they lie: where eight-byte numbers cannot be read there, they are moved. */
function inPlace(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
}
