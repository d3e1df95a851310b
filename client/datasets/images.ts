/** What images of every origin share: pixels as bytes, grey by one formula, classes by folder name. */
import { MurmurError } from '../../shared/errors.ts';
import type { Dataset, Examples } from '../../shared/model/examples.ts';
import { inputShapeOf, type DataContract, type ImageContract } from '../../shared/task/data-contract.ts';
import { toDataset } from './split.ts';

/** Names by which images are known here; other files in a folder of images are passed over. */
export const READABLE_IMAGE = /\.(png|jpe?g|webp)$/i;
export const OTHER_IMAGE = /\.(gif|bmp|tiff?|avif|heic|heif|svg|ico|jp2|jxl|psd)$/i;

/** @throws bad_dataset when the task wants something else than images. */
export function requireImages(source: string, contract: DataContract): ImageContract {
  if (contract.kind === 'image') return contract;
  throw new MurmurError('bad_dataset', `${source} holds images, the task wants a ${contract.kind}: give it a CSV (csv:FILE)`);
}

/** Bytes [size, height, width, channels] and class indices as the contract's examples. */
export function imageExamples(pixels: Uint8Array, labels: Int32Array, contract: ImageContract): Examples {
  return { size: labels.length, inputs: pixels, inputShape: inputShapeOf(contract), scale: contract.scale, labels, labelShape: [] };
}

export function imageDataset(pixels: Uint8Array, labels: Int32Array, contract: ImageContract, source: string): Dataset {
  return toDataset(imageExamples(pixels, labels, contract), contract, source);
}

/** Index of the class of this name; case and Unicode composition do not matter where the classes stay distinct. -1: none. */
export function classIndex(classes: readonly string[], name: string): number {
  const exact = classes.indexOf(name);
  if (exact >= 0) return exact;
  const plain = (text: string): string => text.trim().normalize('NFC').toLowerCase();
  const wanted = plain(name);
  const matches = classes.flatMap((candidate, index) => (plain(candidate) === wanted ? [index] : []));
  return matches.length === 1 ? matches[0] : -1;
}

/**
 * Decoded pixels (red, green, blue and what follows in `stride` bytes a pixel) into the
 * contract's channels. Grey is Rec. 601 luma, so that edges of every platform compute the same.
 */
export function writePixels(decoded: Uint8Array | Uint8ClampedArray, stride: 3 | 4, channels: 1 | 3, into: Uint8Array, offset: number): void {
  const pixels = decoded.length / stride;
  for (let i = 0; i < pixels; i++) {
    const red = decoded[i * stride];
    const green = decoded[i * stride + 1];
    const blue = decoded[i * stride + 2];
    if (channels === 1) {
      into[offset + i] = Math.round((299 * red + 587 * green + 114 * blue) / 1000);
    } else {
      into[offset + 3 * i] = red;
      into[offset + 3 * i + 1] = green;
      into[offset + 3 * i + 2] = blue;
    }
  }
}
