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

/** QR steps an eigenvalue; two or three are usual. */
const MOST_STEPS = 60;
/** Beside a largest element of 1, less than this is nothing: its square still has all its digits. */
const NOTHING = 2 ** -400;

/**
 * All of a symmetric matrix: made tridiagonal by Householder's reflections, then diagonal by implicit QR steps with Wilkinson's
 * shift (Golub, Van Loan, §8.3). A second for 512 rows.
 * @param matrix n × n; overwritten
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  // Whatever the unit, squares neither overflow nor lose digits.
  const largest = matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest > 0) for (let i = 0; i < matrix.length; i++) matrix[i] /= largest;
  // Rows of `basis` become the vectors.
  const basis = new Float64Array(n * n);
  for (let i = 0; i < n; i++) basis[i * n + i] = 1;
  for (let k = 0; k < n - 2; k++) reflect(matrix, basis, n, k);
  const diagonal = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]);
  const beside = Float64Array.from({ length: Math.max(0, n - 1) }, (_, i) => matrix[(i + 1) * n + i]);
  diagonalise(diagonal, beside, basis, n);
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => diagonal[j] - diagonal[i]);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => vectors.set(withSign(basis.subarray(from * n, (from + 1) * n)), to * n));
  return { values: Float64Array.from(order, (i) => diagonal[i] * largest), vectors };
}

/** Makes column k zero below the subdiagonal: H A H and H · basis, H = 1 − 2 v vᵀ with v among the rows below k. */
function reflect(a: Float64Array, basis: Float64Array, n: number, k: number): void {
  const v = new Float64Array(n);
  for (let i = k + 1; i < n; i++) v[i] = a[i * n + k];
  const length = normOf(v);
  if (length < NOTHING) return;
  v[k + 1] += v[k + 1] < 0 ? -length : length;
  const scale = normOf(v);
  for (let i = k + 1; i < n; i++) v[i] /= scale;
  // A − v wᵀ − w vᵀ with w = 2 A v − 2 (vᵀ A v) v. Rows above k have nothing in v's places but row k itself.
  const w = new Float64Array(n);
  for (let i = k; i < n; i++) {
    let product = 0;
    for (let j = k + 1; j < n; j++) product += a[i * n + j] * v[j];
    w[i] = 2 * product;
  }
  let along = 0;
  for (let i = k + 1; i < n; i++) along += v[i] * w[i];
  for (let i = k + 1; i < n; i++) w[i] -= along * v[i];
  for (let i = k; i < n; i++) for (let j = k; j < n; j++) a[i * n + j] -= v[i] * w[j] + w[i] * v[j];
  const projected = new Float64Array(n);
  for (let i = k + 1; i < n; i++) for (let j = 0; j < n; j++) projected[j] += v[i] * basis[i * n + j];
  for (let i = k + 1; i < n; i++) for (let j = 0; j < n; j++) basis[i * n + j] -= 2 * v[i] * projected[j];
}

/** @param d the diagonal; becomes the eigenvalues. @param e what stands beside it; becomes zeros. @param basis its rows are turned along */
function diagonalise(d: Float64Array, e: Float64Array, basis: Float64Array, n: number): void {
  let steps = MOST_STEPS * n;
  for (let end = n - 1; end > 0; ) {
    for (let i = 0; i < end; i++) if (Math.abs(e[i]) <= Math.max(NOTHING, 2 ** -53 * (Math.abs(d[i]) + Math.abs(d[i + 1])))) e[i] = 0;
    if (e[end - 1] === 0) {
      end--;
      continue;
    }
    if (steps-- === 0) return;
    let start = end - 1;
    while (start > 0 && e[start - 1] !== 0) start--;
    step(d, e, basis, n, start, end);
  }
}

/** One QR step on the block from `start` to `end`: a rotation makes a bulge beside the diagonal, and further ones chase it out. */
function step(d: Float64Array, e: Float64Array, basis: Float64Array, n: number, start: number, end: number): void {
  const half = (d[end - 1] - d[end]) / 2;
  const corner = e[end - 1];
  const shift = d[end] - corner / (half / corner + Math.sign(half / corner || 1) * Math.hypot(half / corner, 1));
  let [x, bulge] = [d[start] - shift, e[start]];
  for (let k = start; k < end; k++) {
    const length = Math.hypot(x, bulge);
    const [c, s] = length === 0 ? [1, 0] : [x / length, -bulge / length];
    if (k > start) e[k - 1] = length;
    const [upper, lower, between] = [d[k], d[k + 1], e[k]];
    d[k] = c * c * upper - 2 * c * s * between + s * s * lower;
    d[k + 1] = s * s * upper + 2 * c * s * between + c * c * lower;
    e[k] = c * s * (upper - lower) + (c * c - s * s) * between;
    if (k < end - 1) {
      bulge = -s * e[k + 1];
      e[k + 1] *= c;
      x = e[k];
    }
    turnRows(basis.subarray(k * n, (k + 1) * n), basis.subarray((k + 1) * n, (k + 2) * n), c, s);
  }
}

function turnRows(upper: Float64Array, lower: Float64Array, c: number, s: number): void {
  for (let j = 0; j < upper.length; j++) {
    const [x, y] = [upper[j], lower[j]];
    upper[j] = c * x - s * y;
    lower[j] = s * x + c * y;
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
