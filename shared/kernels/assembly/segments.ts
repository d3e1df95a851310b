// Rows added up by segment. What it computes, to the bit, is said by the twin in ../twins/segments.ts.

/** sums += row, `width` of them. */
@inline function addRow<T>(sums: usize, row: usize, width: i32): void {
  for (; width >= 4; width -= 4, sums += 16, row += 16) v128.store(sums, v128.add<T>(v128.load(sums), v128.load(row)));
  for (; width > 0; width--, sums += 4, row += 4) store<T>(sums, load<T>(sums) + load<T>(row));
}

function sumSegments<T>(x: usize, rows: i32, width: i32, segments: usize, out: usize, count: i32): void {
  const rowBytes = <usize>width << 2;
  memory.fill(out, 0, <usize>count * rowBytes);
  for (; rows > 0; rows--, x += rowBytes, segments += 4) {
    const segment = load<u32>(segments);
    if (segment < <u32>count) addRow<T>(out + <usize>segment * rowBytes, x, width);
  }
}

export function segmentSum(x: usize, rows: i32, width: i32, segments: usize, out: usize, count: i32): void {
  sumSegments<f32>(x, rows, width, segments, out, count);
}

export function segmentSumOfInts(x: usize, rows: i32, width: i32, segments: usize, out: usize, count: i32): void {
  sumSegments<i32>(x, rows, width, segments, out, count);
}
