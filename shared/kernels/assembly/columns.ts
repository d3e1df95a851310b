// Ranks within columns: what one value of a model is in all the reports. ../twins/columns.ts says what is computed, to the bit.
// Sixteen columns at a time are laid side by side into `lanes`, a line of 64 bytes for each row, and sorted by a network: its
// comparisons are the same whatever the values, so that sixteen columns take them together.

/** The bits of a float32 as an integer of the same order, −0 below 0; and back. */
// @ts-ignore: decorator
@inline
function ordered(x: v128): v128 {
  return v128.xor(x, v128.and(i32x4.shr_s(x, 31), i32x4.splat(0x7fffffff)));
}

// @ts-ignore: decorator
@inline
function orderedOne(x: i32): i32 {
  return x ^ ((x >> 31) & 0x7fffffff);
}

function gather(rows: usize, count: usize, at: usize, columns: usize, lanes: usize): void {
  const end = rows + (count << 2);
  if (columns >= 16) {
    for (; rows < end; rows += 4, lanes += 64) {
      const x = load<u32>(rows) + at;
      v128.store(lanes, ordered(v128.load(x)));
      v128.store(lanes, ordered(v128.load(x, 16)), 16);
      v128.store(lanes, ordered(v128.load(x, 32)), 32);
      v128.store(lanes, ordered(v128.load(x, 48)), 48);
    }
    return;
  }
  for (; rows < end; rows += 4, lanes += 64) {
    const x = load<u32>(rows) + at;
    memory.fill(lanes, 0, 64);
    for (let i: usize = 0; i < columns; i++) store<i32>(lanes + (i << 2), orderedOne(load<i32>(x + (i << 2))));
  }
}

// @ts-ignore: decorator
@inline
function exchange(a: usize, b: usize): void {
  const x = v128.load(a);
  const y = v128.load(b);
  v128.store(a, i32x4.min_s(x, y));
  v128.store(b, i32x4.max_s(x, y));
}

function runNetwork(lanes: usize, network: usize, comparators: usize): void {
  const end = network + (comparators << 3);
  for (; network < end; network += 8) {
    const a = lanes + load<u32>(network);
    const b = lanes + load<u32>(network, 4);
    exchange(a, b);
    exchange(a + 16, b + 16);
    exchange(a + 32, b + 32);
    exchange(a + 48, b + 48);
  }
}

// @ts-ignore: decorator
@inline
function valueAt(lanes: usize, rank: usize): f64 {
  return <f64>reinterpret<f32>(orderedOne(load<i32>(lanes + (rank << 6))));
}

/** Of four columns: the mean of some ranks, added up from the lowest. */
function fourMeans(lanes: usize, first: usize, last: usize, out: usize): void {
  let low = f64x2.splat(0);
  let high = low;
  const end = lanes + (last << 6);
  for (lanes += first << 6; lanes <= end; lanes += 64) {
    const x = ordered(v128.load(lanes));
    low = f64x2.add(low, f64x2.promote_low_f32x4(x));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3)));
  }
  const many = f64x2.splat(<f64>(last - first + 1));
  const a = f32x4.demote_f64x2_zero(f64x2.div(low, many));
  const b = f32x4.demote_f64x2_zero(f64x2.div(high, many));
  v128.store(out, v128.shuffle<i32>(a, b, 0, 1, 4, 5));
}

function oneMean(lanes: usize, first: usize, last: usize): f32 {
  let sum: f64 = 0;
  for (let rank = first; rank <= last; rank++) sum += valueAt(lanes, rank);
  return <f32>(sum / <f64>(last - first + 1));
}

export function meanOfRanks(rows: usize, count: usize, at: usize, width: usize, network: usize, comparators: usize, first: usize, last: usize, lanes: usize, out: usize): void {
  for (let done: usize = 0; done < width; done += 16, at += 64, out += 64) {
    const columns = min(width - done, 16);
    gather(rows, count, at, columns, lanes);
    runNetwork(lanes, network, comparators);
    if (columns == 16) {
      for (let i: usize = 0; i < 64; i += 16) fourMeans(lanes + i, first, last, out + i);
    } else {
      for (let i: usize = 0; i < columns; i++) store<f32>(out + (i << 2), oneMean(lanes + (i << 2), first, last));
    }
  }
}

/** Of one sorted column: the mean of the `keep` values that lie nearest to its median. */
function nearMedian(lanes: usize, count: usize, keep: usize): f32 {
  const median = (valueAt(lanes, (count - 1) >> 1) + valueAt(lanes, count >> 1)) / 2;
  let best: usize = 0;
  let least = Infinity;
  for (let from: usize = 0; from + keep <= count; from++) {
    const spread = max(median - valueAt(lanes, from), valueAt(lanes, from + keep - 1) - median);
    if (spread < least) {
      least = spread;
      best = from;
    }
  }
  return oneMean(lanes, best, best + keep - 1);
}

export function meanNearMedian(rows: usize, count: usize, at: usize, width: usize, network: usize, comparators: usize, keep: usize, lanes: usize, out: usize): void {
  for (let done: usize = 0; done < width; done += 16, at += 64, out += 64) {
    const columns = min(width - done, 16);
    gather(rows, count, at, columns, lanes);
    runNetwork(lanes, network, comparators);
    for (let i: usize = 0; i < columns; i++) store<f32>(out + (i << 2), nearMedian(lanes + (i << 2), count, keep));
  }
}
