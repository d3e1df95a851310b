/**
 * Reads each letter once for all who get it: they are handed the same bytes, and would come to the same. What cannot be read is
 * refused by each of them anew.
 */
import { LETTER_READER, type LetterReader, type ReadLetter } from '../../shared/gossip/letter-frame.ts';
import type { DecodedFrame } from '../../shared/protocol/frame.ts';

/** For the peers of one task, whose schema and layout are the same. */
export function createSharedReader(): LetterReader {
  const frames = new WeakMap<Uint8Array, DecodedFrame>();
  const letters = new WeakMap<DecodedFrame, ReadLetter>();
  return {
    decode(bytes) {
      const known = frames.get(bytes);
      if (known !== undefined) return known;
      const frame = LETTER_READER.decode(bytes);
      frames.set(bytes, frame);
      return frame;
    },
    read(frame, schema, layout) {
      const known = letters.get(frame);
      if (known !== undefined) return known;
      const letter = LETTER_READER.read(frame, schema, layout);
      letters.set(frame, letter);
      return letter;
    },
  };
}
