/** Loops over whole models that ways share; sum-of-squares.ts says why there are blocks. Vectors of one call have the same length. */

/** Elements a call of an inner loop. */
const BLOCK = 1024;

type Block = (from: number, to: number) => void;

function inBlocks(length: number, block: Block): void {
  for (let from = 0; from < length; from += BLOCK) block(from, Math.min(from + BLOCK, length));
}

/** x = scale · x */
export function scale(x: Float64Array, by: number): void {
  inBlocks(x.length, (from, to) => scaleBlock(x, by, from, to));
}

function scaleBlock(x: Float64Array, by: number, from: number, to: number): void {
  for (let i = from; i < to; i++) x[i] *= by;
}

/** sum += factor · (a − b), in float64. */
export function addDifference(sum: Float64Array, a: Float32Array, b: Float32Array, factor: number): void {
  inBlocks(sum.length, (from, to) => addDifferenceBlock(sum, a, b, factor, from, to));
}

function addDifferenceBlock(sum: Float64Array, a: Float32Array, b: Float32Array, factor: number, from: number, to: number): void {
  for (let i = from; i < to; i++) sum[i] += factor * (a[i] - b[i]);
}

/** sum += a − taken, and taken = a. */
export function takeRest(sum: Float64Array, a: Float64Array, taken: Float64Array): void {
  inBlocks(sum.length, (from, to) => takeRestBlock(sum, a, taken, from, to));
}

function takeRestBlock(sum: Float64Array, a: Float64Array, taken: Float64Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    sum[i] += a[i] - taken[i];
    taken[i] = a[i];
  }
}

/** x / divisor, rounded to float32; in fresh memory unless some is given. */
export function quotient(x: Float64Array, divisor: number, result: Float32Array = new Float32Array(x.length)): Float32Array {
  if (divisor === 1) inBlocks(x.length, (from, to) => roundBlock(result, x, from, to));
  else inBlocks(x.length, (from, to) => quotientBlock(result, x, divisor, from, to));
  return result;
}

function quotientBlock(result: Float32Array, x: Float64Array, divisor: number, from: number, to: number): void {
  for (let i = from; i < to; i++) result[i] = x[i] / divisor;
}

function roundBlock(result: Float32Array, x: Float64Array, from: number, to: number): void {
  for (let i = from; i < to; i++) result[i] = x[i];
}

/** In fresh memory: a − b, rounded to float32. */
export function difference(a: Float32Array, b: Float32Array): Float32Array {
  const result = new Float32Array(a.length);
  inBlocks(a.length, (from, to) => differenceBlock(result, a, b, from, to));
  return result;
}

function differenceBlock(result: Float32Array, a: Float32Array, b: Float32Array, from: number, to: number): void {
  for (let i = from; i < to; i++) result[i] = a[i] - b[i];
}

/** x += a, rounded to float32: the same bits wherever it is done. */
export function add(x: Float32Array, a: Float32Array): void {
  inBlocks(x.length, (from, to) => addBlock(x, a, from, to));
}

function addBlock(x: Float32Array, a: Float32Array, from: number, to: number): void {
  for (let i = from; i < to; i++) x[i] += a[i];
}

/** ‖a − b‖, summed in float64. */
export function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let from = 0; from < a.length; from += BLOCK) sum += squaresOfBlock(a, b, from, Math.min(from + BLOCK, a.length));
  return Math.sqrt(sum);
}

function squaresOfBlock(a: Float32Array, b: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

/** In fresh memory: a + factor · (b − a), rounded to float32. */
export function between(a: Float32Array, b: Float32Array, factor: number): Float32Array {
  const result = new Float32Array(a.length);
  inBlocks(a.length, (from, to) => betweenBlock(result, a, b, factor, from, to));
  return result;
}

function betweenBlock(result: Float32Array, a: Float32Array, b: Float32Array, factor: number, from: number, to: number): void {
  for (let i = from; i < to; i++) result[i] = a[i] + factor * (b[i] - a[i]);
}
