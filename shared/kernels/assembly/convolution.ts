// Two-dimensional convolutions and their gradients, as products of matrices whose left side is never laid out: a table says
// where under the filter each value of a row lies in an image, which has got its padding, and the tiles read it there.
// What they compute, to the bit, is said by the twins in ../twins/convolution.ts.
import { packColumns, packRows } from './panels';
import { ACCUMULATE, COLUMNS, PANEL_ROW, scatteredPanelProduct, TILE_BYTES } from './tiles';

/** At most so many k at a time: a panel of them stays in the first cache beside what it meets. */
const K_BLOCK: i32 = 512;

/** An image of `width` × `height` positions from (`top`, `left`) on, which may lie outside of it: there are zeros. */
function cutOut(image: usize, imageHeight: i32, imageWidth: i32, position: usize, top: i32, left: i32, height: i32, width: i32, to: usize): void {
  const before = min(max(0, -left), width);
  const from = max(0, left);
  const covered = max(0, min(imageWidth - from, width - before));
  const behind = width - before - covered;
  const rowBytes = <usize>width * position;
  for (let row = top; row < top + height; row++, to += rowBytes) {
    if (row < 0 || row >= imageHeight || covered == 0) {
      memory.fill(to, 0, rowBytes);
      continue;
    }
    if (before > 0) memory.fill(to, 0, <usize>before * position);
    memory.copy(to + <usize>before * position, image + <usize>(row * imageWidth + from) * position, <usize>covered * position);
    if (behind > 0) memory.fill(to + <usize>(before + covered) * position, 0, <usize>behind * position);
  }
}

/** Where the values under `high` × `wide` taps lie: `channels` each, bytes from the first. */
function writeSteps(steps: usize, high: i32, wide: i32, channels: i32, down: usize, right: usize): void {
  for (let row = 0; row < high; row++) {
    for (let column = 0; column < wide; column++) {
      let at = <usize>row * down + <usize>column * right;
      for (let channel = 0; channel < channels; channel++, at += 4, steps += 4) store<u32>(steps, <u32>at);
    }
  }
}

/** All output positions of one image: `high` rows of `wide`. `panels` are n columns of k rows each. */
function imageProduct(
  a: usize, aRow: usize, aDown: usize, steps: usize, panels: usize, k: i32, n: i32,
  c: usize, cRow: usize, cDown: usize, high: i32, wide: i32, bias: usize, flags: i32, tile: usize,
): void {
  const blocks = max(1, (k + K_BLOCK - 1) / K_BLOCK);
  const block = (k + blocks - 1) / blocks;
  for (let column = 0; column < n; column += COLUMNS, panels += <usize>k * PANEL_ROW) {
    const offset = <usize>column << 2;
    let from = 0;
    do {
      const inner = min(block, k - from);
      const isLast = from + inner >= k;
      const panel = panels + <usize>from * PANEL_ROW;
      for (let row = 0; row < high; row++) {
        scatteredPanelProduct(
          wide, a + <usize>row * aDown, aRow, steps + (<usize>from << 2), panel, panel + <usize>inner * PANEL_ROW,
          c + <usize>row * cDown + offset, cRow, min(COLUMNS, n - column), isLast && bias ? bias + offset : 0, (from > 0 ? ACCUMULATE : 0) | (isLast ? flags : 0), 0, tile,
        );
      }
      from += inner;
    } while (from < k);
  }
}

export function convolution(
  x: usize, filter: usize, out: usize, batch: i32, inHeight: i32, inWidth: i32, inChannels: i32,
  filterHeight: i32, filterWidth: i32, outHeight: i32, outWidth: i32, outChannels: i32,
  strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, padTop: i32, padLeft: i32,
  bias: usize, flags: i32, scratch: usize,
): void {
  if (outHeight <= 0 || outWidth <= 0) return;
  const k = filterHeight * filterWidth * inChannels;
  const position = <usize>inChannels << 2;
  const height = (outHeight - 1) * strideHeight + (filterHeight - 1) * dilationHeight + 1;
  let width = (outWidth - 1) * strideWidth + (filterWidth - 1) * dilationWidth + 1;
  const inPlace = padTop == 0 && padLeft == 0 && height <= inHeight && width <= inWidth;
  if (inPlace) width = inWidth;

  const tile = (scratch + 63) & ~63;
  const panels = tile + TILE_BYTES;
  const steps = panels + <usize>((outChannels + COLUMNS - 1) / COLUMNS * k) * PANEL_ROW;
  const padded = steps + (<usize>k << 2);
  for (let column = 0, panel = panels; column < outChannels; column += COLUMNS, panel += <usize>k * PANEL_ROW) {
    packRows(filter + (<usize>column << 2), <usize>outChannels << 2, k, min(COLUMNS, outChannels - column), panel);
  }
  writeSteps(steps, filterHeight, filterWidth, inChannels, <usize>(dilationHeight * width) * position, <usize>dilationWidth * position);

  for (; batch > 0; batch--, x += <usize>(inHeight * inWidth) * position, out += <usize>(outHeight * outWidth * outChannels) << 2) {
    if (!inPlace) cutOut(x, inHeight, inWidth, position, -padTop, -padLeft, height, width, padded);
    imageProduct(
      inPlace ? x : padded, <usize>strideWidth * position, <usize>(strideHeight * width) * position, steps, panels, k, outChannels,
      out, <usize>outChannels << 2, <usize>(outWidth * outChannels) << 2, outHeight, outWidth, bias, flags, tile,
    );
  }
}

export function convolutionFilterGradient(
  x: usize, dy: usize, out: usize, batch: i32, inHeight: i32, inWidth: i32, inChannels: i32,
  filterHeight: i32, filterWidth: i32, outHeight: i32, outWidth: i32, outChannels: i32,
  strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32, scratch: usize,
): void {
  const position = <usize>inChannels << 2;
  if (batch == 0 || outHeight <= 0 || outWidth <= 0) return memory.fill(out, 0, <usize>(filterHeight * filterWidth * outChannels) * position);
  const height = (outHeight - 1) * strideHeight + filterHeight;
  let width = (outWidth - 1) * strideWidth + filterWidth;
  const inPlace = padTop == 0 && padLeft == 0 && height <= inHeight && width <= inWidth;
  if (inPlace) width = inWidth;
  const rowBlock = max(1, K_BLOCK / outWidth);
  const steps = ((scratch + 63) & ~63) + TILE_BYTES;
  const panel = (steps + (<usize>(rowBlock * outWidth) << 2) + 63) & ~63;
  const padded = panel + <usize>(rowBlock * outWidth) * PANEL_ROW;
  const down = <usize>(strideHeight * width) * position;
  // One step a position of the output: the rows of the product are the taps of a row of the filter with their channels.
  writeSteps(steps, min(rowBlock, outHeight), outWidth, 1, down, <usize>strideWidth * position);

  let flags = 0;
  for (; batch > 0; batch--, x += <usize>(inHeight * inWidth) * position) {
    if (!inPlace) cutOut(x, inHeight, inWidth, position, -padTop, -padLeft, height, width, padded);
    for (let row = 0; row < outHeight; row += rowBlock, flags = ACCUMULATE) {
      const inner = min(rowBlock, outHeight - row) * outWidth;
      const a = (inPlace ? x : padded) + <usize>row * down;
      for (let column = 0; column < outChannels; column += COLUMNS) {
        const columns = min(COLUMNS, outChannels - column);
        packRows(dy + (<usize>column << 2), <usize>outChannels << 2, inner, columns, panel);
        for (let tapRow = 0; tapRow < filterHeight; tapRow++) {
          scatteredPanelProduct(
            filterWidth * inChannels, a + <usize>(tapRow * width) * position, 4, steps, panel, panel + <usize>inner * PANEL_ROW,
            out + (<usize>(tapRow * filterWidth * inChannels * outChannels + column) << 2), <usize>outChannels << 2, columns, 0, flags, 0, steps - TILE_BYTES,
          );
        }
      }
      dy += <usize>(inner * outChannels) << 2;
    }
  }
}

// Along one axis, the input positions at which a stride's step leaves the same remainder meet the same taps, every
// stride-th of them, in descending order. Each such set is a convolution of dy of its own, without a stride.

/** Taps that positions of this remainder meet. */
@inline function tapsOf(remainder: i32, filter: i32, stride: i32): i32 {
  return remainder < filter ? (filter - remainder + stride - 1) / stride : 0;
}

/** The first position of the input with this remainder. */
@inline function firstOf(remainder: i32, stride: i32, pad: i32): i32 {
  return ((remainder - pad) % stride + stride) % stride;
}

/** The position of dy that the last of the taps meets there; the first one meets that which lies `taps − 1` further. */
@inline function beginOf(remainder: i32, filter: i32, stride: i32, pad: i32): i32 {
  return (firstOf(remainder, stride, pad) + pad - remainder) / stride - tapsOf(remainder, filter, stride) + 1;
}

/** The lowest position of dy, possibly before its beginning, that any tap meets. */
function lowestOf(filter: i32, stride: i32, pad: i32): i32 {
  let lowest = i32.MAX_VALUE;
  for (let remainder = 0; remainder < min(stride, filter); remainder++) lowest = min(lowest, beginOf(remainder, filter, stride, pad));
  return lowest;
}

export function convolutionInputGradient(
  dy: usize, filter: usize, out: usize, batch: i32, inHeight: i32, inWidth: i32, inChannels: i32,
  filterHeight: i32, filterWidth: i32, outHeight: i32, outWidth: i32, outChannels: i32,
  strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32, scratch: usize,
): void {
  const position = <usize>outChannels << 2;
  const inPosition = <usize>inChannels << 2;
  if (outHeight <= 0 || outWidth <= 0) return memory.fill(out, 0, <usize>(batch * inHeight * inWidth) * inPosition);
  const top = lowestOf(filterHeight, strideHeight, padTop);
  const left = lowestOf(filterWidth, strideWidth, padLeft);
  const height = (inHeight - 1 + padTop) / strideHeight - top + 1;
  let width = (inWidth - 1 + padLeft) / strideWidth - left + 1;
  const inPlace = top == 0 && left == 0 && height <= outHeight && width <= outWidth;
  if (inPlace) width = outWidth;

  const tile = (scratch + 63) & ~63;
  const allPanels = tile + TILE_BYTES;
  const allK = filterHeight * filterWidth * outChannels;
  const panelCount = (inChannels + COLUMNS - 1) / COLUMNS;
  const allSteps = allPanels + <usize>(panelCount * allK) * PANEL_ROW;
  const padded = allSteps + (<usize>allK << 2);

  let panel = allPanels;
  let steps = allSteps;
  for (let down = 0; down < strideHeight; down++) {
    for (let right = 0; right < strideWidth; right++) {
      const high = tapsOf(down, filterHeight, strideHeight);
      const wide = tapsOf(right, filterWidth, strideWidth);
      writeSteps(steps, high, wide, outChannels, <usize>width * position, position);
      steps += <usize>(high * wide * outChannels) << 2;
      for (let channel = 0; channel < inChannels; channel += COLUMNS) {
        for (let tapRow = high - 1; tapRow >= 0; tapRow--) {
          for (let tapColumn = wide - 1; tapColumn >= 0; tapColumn--, panel += <usize>outChannels * PANEL_ROW) {
            const tap = (down + tapRow * strideHeight) * filterWidth + right + tapColumn * strideWidth;
            packColumns(filter + (<usize>((tap * inChannels + channel) * outChannels) << 2), position, outChannels, min(COLUMNS, inChannels - channel), panel);
          }
        }
      }
    }
  }

  for (; batch > 0; batch--, dy += <usize>(outHeight * outWidth) * position, out += <usize>(inHeight * inWidth) * inPosition) {
    if (!inPlace) cutOut(dy, outHeight, outWidth, position, top, left, height, width, padded);
    panel = allPanels;
    steps = allSteps;
    for (let down = 0; down < strideHeight; down++) {
      for (let right = 0; right < strideWidth; right++) {
        const k = tapsOf(down, filterHeight, strideHeight) * tapsOf(right, filterWidth, strideWidth) * outChannels;
        const row = firstOf(down, strideHeight, padTop);
        const column = firstOf(right, strideWidth, padLeft);
        if (row < inHeight && column < inWidth) {
          // Where no tap meets these positions there is nothing to read, and the product is zero.
          const at = k == 0 ? 0 : (beginOf(down, filterHeight, strideHeight, padTop) - top) * width + beginOf(right, filterWidth, strideWidth, padLeft) - left;
          imageProduct(
            (inPlace ? dy : padded) + <usize>at * position, position, <usize>width * position, steps, panel, k, inChannels,
            out + <usize>(row * inWidth + column) * inPosition, <usize>strideWidth * inPosition, <usize>(strideHeight * inWidth) * inPosition,
            (inHeight - 1 - row) / strideHeight + 1, (inWidth - 1 - column) / strideWidth + 1, 0, 0, tile,
          );
        }
        panel += <usize>(panelCount * k) * PANEL_ROW;
        steps += <usize>k << 2;
      }
    }
  }
}
