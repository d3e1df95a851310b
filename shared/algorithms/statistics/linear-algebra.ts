/** Small dense linear algebra in float64, at the coordinator; matrices are rows one after the other. */

/**
 * Solves A X = B for a symmetric positive definite A by Cholesky's factors (Golub, Van Loan 2013, "Matrix Computations", §4.2).
 * A row whose pivot is rounding beside its own diagonal depends on those before it, whatever units the others are in.
 * @param a n × n; overwritten. @param b n × m; overwritten by X
 * @returns false: A is not positive definite to working precision
 */
export function solvePositive(a: Float64Array, b: Float64Array, n: number, m: number): boolean {
  for (let i = 0; i < n; i++) {
    const own = a[i * n + i];
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      if (i !== j) a[i * n + j] = sum / a[j * n + j];
      else if (sum > own * n * 2 ** -52) a[i * n + i] = Math.sqrt(sum);
      else return false;
    }
  }
  for (let column = 0; column < m; column++) {
    for (let i = 0; i < n; i++) {
      let sum = b[i * m + column];
      for (let k = 0; k < i; k++) sum -= a[i * n + k] * b[k * m + column];
      b[i * m + column] = sum / a[i * n + i];
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = b[i * m + column];
      for (let k = i + 1; k < n; k++) sum -= a[k * n + i] * b[k * m + column];
      b[i * m + column] = sum / a[i * n + i];
    }
  }
  return true;
}

export interface Eigen {
  /** Descending. */
  readonly values: Float64Array;
  /** n × n; row i is the unit vector of value i, its largest element positive. */
  readonly vectors: Float64Array;
}

/** Sweeps after which nothing is left to turn, for any matrix of a few hundred rows. */
const MOST_SWEEPS = 60;

/** All of a symmetric matrix, by cyclic Jacobi rotations (Golub, Van Loan, §8.5). @param matrix n × n; overwritten */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const a = matrix;
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  let scale = 0;
  for (const value of a) scale += value * value;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let outside = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) outside += a[p * n + q] ** 2;
    if (outside <= scale * 1e-30) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j] - a[i * n + i]);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => vectors.set(withSign(v.subarray(from * n, (from + 1) * n)), to * n));
  return { values: Float64Array.from(order, (i) => a[i * n + i]), vectors };
}

/** Makes a[p, q] zero. Rows of `v` are the vectors. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const product = a[p * n + q];
  if (product === 0) return;
  const tau = (a[q * n + q] - a[p * n + p]) / (2 * product);
  const t = tau >= 0 ? 1 / (tau + Math.sqrt(1 + tau * tau)) : -1 / (-tau + Math.sqrt(1 + tau * tau));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [left, right] = [a[k * n + p], a[k * n + q]];
    a[k * n + p] = c * left - s * right;
    a[k * n + q] = s * left + c * right;
  }
  for (let k = 0; k < n; k++) {
    const [upper, lower] = [a[p * n + k], a[q * n + k]];
    a[p * n + k] = c * upper - s * lower;
    a[q * n + k] = s * upper + c * lower;
    const [x, y] = [v[p * n + k], v[q * n + k]];
    v[p * n + k] = c * x - s * y;
    v[q * n + k] = s * x + c * y;
  }
}

/** An eigenvector and its opposite are the same: the one whose largest element is positive stands for both. A copy. */
export function withSign(vector: Float64Array): Float64Array {
  let largest = 0;
  for (const value of vector) if (Math.abs(value) > Math.abs(largest)) largest = value;
  return largest < 0 ? vector.map((value) => -value) : vector.slice();
}

/**
 * Makes rows orthonormal by modified Gram–Schmidt, twice over (once leaves errors of the size of the cancellation).
 * @param rows count × width; overwritten. @param spare gives a row in place of one that the others span
 */
export function orthonormalise(rows: Float64Array, count: number, width: number, spare: (row: number) => ArrayLike<number>): void {
  for (let i = 0; i < count; i++) {
    const row = rows.subarray(i * width, (i + 1) * width);
    for (let attempt = 0; !reduced(rows, row, i, width); attempt++) {
      if (attempt > width) return void row.fill(0);
      row.set(spare(i + attempt * count));
    }
  }
}

/** False: nothing but rounding was left. */
function reduced(rows: Float64Array, row: Float64Array, before: number, width: number): boolean {
  const start = normOf(row);
  if (start === 0) return false;
  for (let pass = 0; pass < 2; pass++) {
    for (let j = 0; j < before; j++) {
      const other = rows.subarray(j * width, (j + 1) * width);
      let product = 0;
      for (let k = 0; k < width; k++) product += row[k] * other[k];
      for (let k = 0; k < width; k++) row[k] -= product * other[k];
    }
  }
  const norm = normOf(row);
  if (norm <= 1e-12 * start) return false;
  for (let k = 0; k < width; k++) row[k] /= norm;
  return true;
}

function normOf(row: Float64Array): number {
  let squares = 0;
  for (const value of row) squares += value * value;
  return Math.sqrt(squares);
}
