// Distances between reports. What each computes, to the bit, is said by its twin in ../twins/distances.ts.

/** Columns whose squares are added in float32 before they go into the float64 sums; of a hundred rows they lie in the second cache. */
const DISTANCE_BLOCK: usize = 512;

// @ts-ignore: decorator
@inline
function addLanes(to: usize, lanes: v128): void {
  store<f64>(to, load<f64>(to) + (<f64>f32x4.extract_lane(lanes, 0) + <f64>f32x4.extract_lane(lanes, 1) + <f64>f32x4.extract_lane(lanes, 2) + <f64>f32x4.extract_lane(lanes, 3)));
}

// @ts-ignore: decorator
@inline
function squares(sum: v128, x: v128, y: v128): v128 {
  const apart = f32x4.sub(x, y);
  return f32x4.add(sum, f32x4.mul(apart, apart));
}

/** One pair over a block, the columns behind the last whole four among them. */
function addPair(x: usize, y: usize, columns: usize, to: usize): void {
  let sum = f32x4.splat(0);
  const whole = x + ((columns & ~3) << 2);
  const end = x + (columns << 2);
  for (; x < whole; x += 16, y += 16) sum = squares(sum, v128.load(x), v128.load(y));
  addLanes(to, sum);
  addRest(x, y, end, to);
}

// @ts-ignore: decorator
@inline
function addRest(x: usize, y: usize, end: usize, to: usize): void {
  for (; x < end; x += 4, y += 4) {
    const apart = <f64>(load<f32>(x) - load<f32>(y));
    store<f64>(to, load<f64>(to) + apart * apart);
  }
}

/** Two rows against four: six loads for eight pairs. */
function addTile(a: usize, b: usize, p: usize, q: usize, r: usize, s: usize, columns: usize, toA: usize, toB: usize): void {
  let ap = f32x4.splat(0);
  let aq = ap;
  let ar = ap;
  let as_ = ap;
  let bp = ap;
  let bq = ap;
  let br = ap;
  let bs = ap;
  const bytes = (columns & ~3) << 2;
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = v128.load(a + i);
    const y = v128.load(b + i);
    let other = v128.load(p + i);
    ap = squares(ap, x, other);
    bp = squares(bp, y, other);
    other = v128.load(q + i);
    aq = squares(aq, x, other);
    bq = squares(bq, y, other);
    other = v128.load(r + i);
    ar = squares(ar, x, other);
    br = squares(br, y, other);
    other = v128.load(s + i);
    as_ = squares(as_, x, other);
    bs = squares(bs, y, other);
  }
  addLanes(toA, ap);
  addLanes(toA + 8, aq);
  addLanes(toA + 16, ar);
  addLanes(toA + 24, as_);
  addLanes(toB, bp);
  addLanes(toB + 8, bq);
  addLanes(toB + 16, br);
  addLanes(toB + 24, bs);
  const end = a + (columns << 2);
  if (a + bytes == end) return;
  addRest(a + bytes, p + bytes, end, toA);
  addRest(a + bytes, q + bytes, end, toA + 8);
  addRest(a + bytes, r + bytes, end, toA + 16);
  addRest(a + bytes, s + bytes, end, toA + 24);
  addRest(b + bytes, p + bytes, b + (columns << 2), toB);
  addRest(b + bytes, q + bytes, b + (columns << 2), toB + 8);
  addRest(b + bytes, r + bytes, b + (columns << 2), toB + 16);
  addRest(b + bytes, s + bytes, b + (columns << 2), toB + 24);
}

// @ts-ignore: decorator
@inline
function row(rows: usize, i: usize): usize {
  return load<u32>(rows + (i << 2));
}

export function squaredDistances(rows: usize, count: usize, at: usize, width: usize, sums: usize): void {
  const across = count << 3;
  for (let done: usize = 0; done < width; done += DISTANCE_BLOCK) {
    const columns = min(DISTANCE_BLOCK, width - done);
    const from = at + (done << 2);
    for (let i: usize = 0; i + 1 < count; i += 2) {
      const a = row(rows, i) + from;
      const b = row(rows, i + 1) + from;
      const toA = sums + i * across;
      const toB = toA + across;
      addPair(a, b, columns, toA + ((i + 1) << 3));
      let j = i + 2;
      for (; j + 4 <= count; j += 4) {
        addTile(a, b, row(rows, j) + from, row(rows, j + 1) + from, row(rows, j + 2) + from, row(rows, j + 3) + from, columns, toA + (j << 3), toB + (j << 3));
      }
      for (; j < count; j++) {
        addPair(a, row(rows, j) + from, columns, toA + (j << 3));
        addPair(b, row(rows, j) + from, columns, toB + (j << 3));
      }
    }
  }
}

export function squaredDistance(x: usize, y: usize, count: usize): f64 {
  let low = f64x2.splat(0);
  let high = low;
  const whole = x + ((count & ~3) << 2);
  const end = x + (count << 2);
  for (; x < whole; x += 16, y += 16) {
    const p = v128.load(x);
    const q = v128.load(y);
    const a = f64x2.sub(f64x2.promote_low_f32x4(p), f64x2.promote_low_f32x4(q));
    const b = f64x2.sub(f64x2.promote_low_f32x4(v128.shuffle<i32>(p, p, 2, 3, 2, 3)), f64x2.promote_low_f32x4(v128.shuffle<i32>(q, q, 2, 3, 2, 3)));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  low = f64x2.add(low, high);
  let total = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  for (; x < end; x += 4, y += 4) {
    const apart = <f64>load<f32>(x) - <f64>load<f32>(y);
    total += apart * apart;
  }
  return total;
}
