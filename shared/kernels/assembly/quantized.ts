// Vectors of small integers, one float32 scale for each block of 256. ../twins/quantized.ts says what they compute.

const BLOCK: usize = 256;

/** Σ of the squares of 16 signed bytes, as four int32. */
// @ts-ignore: decorator
@inline
function squares8(codes: v128): v128 {
  const low = i16x8.extend_low_i8x16_s(codes);
  const high = i16x8.extend_high_i8x16_s(codes);
  return i32x4.add(i32x4.dot_i16x8_s(low, low), i32x4.dot_i16x8_s(high, high));
}

/** 32 four-bit codes → the 16 of the low halves (even places) as signed bytes. */
// @ts-ignore: decorator
@inline
function evenCodes(packed: v128): v128 {
  return i8x16.shr_s(i8x16.shl(packed, 4), 4);
}

// @ts-ignore: decorator
@inline
function oddCodes(packed: v128): v128 {
  return i8x16.shr_s(packed, 4);
}

/** sum[0…16) += factor · codes. */
// @ts-ignore: decorator
@inline
function addCodes(sum: usize, codes: v128, factor: v128): void {
  const low = i16x8.extend_low_i8x16_s(codes);
  const high = i16x8.extend_high_i8x16_s(codes);
  v128.store(sum, f32x4.add(v128.load(sum), f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)))));
  v128.store(sum, f32x4.add(v128.load(sum, 16), f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)))), 16);
  v128.store(sum, f32x4.add(v128.load(sum, 32), f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)))), 32);
  v128.store(sum, f32x4.add(v128.load(sum, 48), f32x4.mul(factor, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)))), 48);
}

// @ts-ignore: decorator
@inline
function laneSum(x: v128): i32 {
  return i32x4.extract_lane(x, 0) + i32x4.extract_lane(x, 1) + i32x4.extract_lane(x, 2) + i32x4.extract_lane(x, 3);
}

// @ts-ignore: decorator
@inline
function scaledSquares(squares: i32, scale: f32): f64 {
  return <f64>squares * (<f64>scale * <f64>scale);
}

export function sumOfSquaresInt8(codes: usize, scales: usize, count: usize): f64 {
  let total: f64 = 0;
  for (let left = count; left > 0; scales += 4) {
    const inBlock = min(left, BLOCK);
    const whole = codes + (inBlock & ~15);
    const end = codes + inBlock;
    let lanes = i32x4.splat(0);
    for (; codes < whole; codes += 16) lanes = i32x4.add(lanes, squares8(v128.load(codes)));
    let squares = laneSum(lanes);
    for (; codes < end; codes++) {
      const code = <i32>load<i8>(codes);
      squares += code * code;
    }
    total += scaledSquares(squares, load<f32>(scales));
    left -= inBlock;
  }
  return total;
}

export function addInt8(sum: usize, codes: usize, scales: usize, count: usize, scale: f32): void {
  for (let left = count; left > 0; scales += 4) {
    const inBlock = min(left, BLOCK);
    const whole = codes + (inBlock & ~15);
    const end = codes + inBlock;
    const factor = scale * load<f32>(scales);
    const factors = f32x4.splat(factor);
    for (; codes < whole; codes += 16, sum += 64) addCodes(sum, v128.load(codes), factors);
    for (; codes < end; codes++, sum += 4) store<f32>(sum, load<f32>(sum) + factor * <f32>load<i8>(codes));
    left -= inBlock;
  }
}

// @ts-ignore: decorator
@inline
function codeAt(packed: usize, index: usize): i32 {
  const byte = <i32>load<i8>(packed + (index >> 1));
  return index & 1 ? byte >> 4 : (byte << 28) >> 28;
}

export function sumOfSquaresInt4(packed: usize, scales: usize, count: usize): f64 {
  let total: f64 = 0;
  for (let left = count; left > 0; scales += 4) {
    const inBlock = min(left, BLOCK);
    const whole = inBlock & ~31;
    let lanes = i32x4.splat(0);
    for (let i: usize = 0; i < whole; i += 32) {
      const codes = v128.load(packed + (i >> 1));
      lanes = i32x4.add(lanes, i32x4.add(squares8(evenCodes(codes)), squares8(oddCodes(codes))));
    }
    let squares = laneSum(lanes);
    for (let i = whole; i < inBlock; i++) {
      const code = codeAt(packed, i);
      squares += code * code;
    }
    total += scaledSquares(squares, load<f32>(scales));
    packed += BLOCK >> 1;
    left -= inBlock;
  }
  return total;
}

export function addInt4(sum: usize, packed: usize, scales: usize, count: usize, scale: f32): void {
  for (let left = count; left > 0; scales += 4) {
    const inBlock = min(left, BLOCK);
    const whole = inBlock & ~31;
    const factor = scale * load<f32>(scales);
    const factors = f32x4.splat(factor);
    for (let i: usize = 0; i < whole; i += 32) {
      const codes = v128.load(packed + (i >> 1));
      const even = evenCodes(codes);
      const odd = oddCodes(codes);
      const at = sum + (i << 2);
      addCodes(at, v128.shuffle<i8>(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), factors);
      addCodes(at + 64, v128.shuffle<i8>(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), factors);
    }
    for (let i = whole; i < inBlock; i++) {
      const at = sum + (i << 2);
      store<f32>(at, load<f32>(at) + factor * <f32>codeAt(packed, i));
    }
    packed += BLOCK >> 1;
    sum += BLOCK << 2;
    left -= inBlock;
  }
}
