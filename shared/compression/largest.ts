/** The places of the k values of the largest magnitude, in time that grows with their number alone. */

const BINS = 1 << 15;

/**
 * Exact: magnitudes of float32 grow with their bits, so a histogram of the upper sixteen tells where the limit lies, and only
 * what falls into its bin is sorted. Of equal magnitudes the first ones.
 * @param values finite @returns growing
 */
export function largest(values: Float32Array, k: number): Int32Array {
  const { length } = values;
  if (k >= length) return Int32Array.from({ length }, (_, i) => i);
  const chosen = new Int32Array(k);
  if (k === 0) return chosen;
  const bits = new Uint32Array(values.buffer, values.byteOffset, length);
  const counts = new Uint32Array(BINS);
  for (let i = 0; i < length; i++) counts[(bits[i] & 0x7fffffff) >>> 16]++;
  let bin = BINS - 1;
  let above = 0;
  while (above + counts[bin] < k) above += counts[bin--];
  // Larger bits first, then smaller places: one number holds both.
  const inBin = new Float64Array(counts[bin]);
  let found = 0;
  for (let i = 0; i < length; i++) {
    const magnitude = bits[i] & 0x7fffffff;
    if (magnitude >>> 16 === bin) inBin[found++] = (0xffff - (magnitude & 0xffff)) * 2 ** 32 + i;
  }
  inBin.sort();
  const last = inBin[k - above - 1];
  let taken = 0;
  for (let i = 0; i < length; i++) {
    const magnitude = bits[i] & 0x7fffffff;
    const itsBin = magnitude >>> 16;
    if (itsBin > bin || (itsBin === bin && (0xffff - (magnitude & 0xffff)) * 2 ** 32 + i <= last)) chosen[taken++] = i;
  }
  return chosen;
}
