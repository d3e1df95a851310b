// Gradients of depthwise convolutions: each input channel has filters of its own, `multiplier` of them. What they compute,
// to the bit, is said by the twins in ../twins/depthwise.ts.

/** sums += x · y for `channels` input channels with `multiplier` values each in y and sums. */
@inline function multiplyInto(sums: usize, x: usize, y: usize, channels: i32, multiplier: i32): void {
  if (multiplier == 1) {
    for (; channels >= 4; channels -= 4, sums += 16, x += 16, y += 16) {
      v128.store(sums, f32x4.add(v128.load(sums), f32x4.mul(v128.load(x), v128.load(y))));
    }
  }
  for (; channels > 0; channels--, x += 4) {
    const value = load<f32>(x);
    for (let m = 0; m < multiplier; m++, sums += 4, y += 4) store<f32>(sums, load<f32>(sums) + value * load<f32>(y));
  }
}

/** sums[channel] += Σ over its multiples of y · w, one after the other. */
@inline function reduceInto(sums: usize, y: usize, w: usize, channels: i32, multiplier: i32): void {
  if (multiplier == 1) {
    for (; channels >= 4; channels -= 4, sums += 16, y += 16, w += 16) {
      v128.store(sums, f32x4.add(v128.load(sums), f32x4.mul(v128.load(y), v128.load(w))));
    }
  }
  for (; channels > 0; channels--, sums += 4) {
    let sum = load<f32>(sums);
    for (let m = 0; m < multiplier; m++, y += 4, w += 4) sum += load<f32>(y) * load<f32>(w);
    store<f32>(sums, sum);
  }
}

export function depthwiseFilterGradient(
  x: usize, dy: usize, out: usize, batch: i32, inHeight: i32, inWidth: i32, channels: i32, multiplier: i32,
  filterHeight: i32, filterWidth: i32, outHeight: i32, outWidth: i32,
  strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, padTop: i32, padLeft: i32,
): void {
  const position = <usize>channels << 2;
  const outPosition = <usize>multiplier * position;
  memory.fill(out, 0, <usize>(filterHeight * filterWidth) * outPosition);
  for (; batch > 0; batch--, x += <usize>(inHeight * inWidth) * position) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      for (let outColumn = 0; outColumn < outWidth; outColumn++, dy += outPosition) {
        for (let tapRow = 0; tapRow < filterHeight; tapRow++) {
          const row = outRow * strideHeight + tapRow * dilationHeight - padTop;
          if (row < 0 || row >= inHeight) continue;
          for (let tapColumn = 0; tapColumn < filterWidth; tapColumn++) {
            const column = outColumn * strideWidth + tapColumn * dilationWidth - padLeft;
            if (column < 0 || column >= inWidth) continue;
            multiplyInto(out + <usize>(tapRow * filterWidth + tapColumn) * outPosition, x + <usize>(row * inWidth + column) * position, dy, channels, multiplier);
          }
        }
      }
    }
  }
}

export function depthwiseInputGradient(
  dy: usize, filter: usize, out: usize, batch: i32, inHeight: i32, inWidth: i32, channels: i32, multiplier: i32,
  filterHeight: i32, filterWidth: i32, outHeight: i32, outWidth: i32,
  strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, padTop: i32, padLeft: i32,
): void {
  const position = <usize>channels << 2;
  const outPosition = <usize>multiplier * position;
  const imageBytes = <usize>(inHeight * inWidth) * position;
  memory.fill(out, 0, <usize>batch * imageBytes);
  for (; batch > 0; batch--, out += imageBytes) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      for (let outColumn = 0; outColumn < outWidth; outColumn++, dy += outPosition) {
        for (let tapRow = 0; tapRow < filterHeight; tapRow++) {
          const row = outRow * strideHeight + tapRow * dilationHeight - padTop;
          if (row < 0 || row >= inHeight) continue;
          for (let tapColumn = 0; tapColumn < filterWidth; tapColumn++) {
            const column = outColumn * strideWidth + tapColumn * dilationWidth - padLeft;
            if (column < 0 || column >= inWidth) continue;
            reduceInto(out + <usize>(row * inWidth + column) * position, dy, filter + <usize>(tapRow * filterWidth + tapColumn) * outPosition, channels, multiplier);
          }
        }
      }
    }
  }
}
