/**
 * Reads each letter once for all who get it: they are handed the same bytes, and would come to the same. What cannot be read is
 * refused by each of them anew.
 */
import { LETTER_READER, type LetterReader, type ReadLetter } from '../../shared/gossip/letter-frame.ts';
import type { DecodedFrame } from '../../shared/protocol/frame.ts';

/** For the peers of one task, whose schema and layout are the same. */
export function createSharedReader(): LetterReader {
  const frames = new WeakMap<Uint8Array, SharedFrame>();
  return {
    decode(bytes) {
      const known = frames.get(bytes);
      if (known !== undefined) return known;
      const frame: SharedFrame = { ...LETTER_READER.decode(bytes), letter: null };
      frames.set(bytes, frame);
      return frame;
    },
    read(frame: SharedFrame, schema, layout) {
      if (frame.letter) return frame.letter;
      const letter = LETTER_READER.read(frame, schema, layout);
      frame.letter = letter;
      return letter;
    },
  };
}

/** A frame that was read as a letter, and what was read; one look-up for both. */
interface SharedFrame extends DecodedFrame {
  letter?: ReadLetter | null;
}
