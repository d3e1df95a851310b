// The gradients of pooling. What they compute, to the bit, is said by the twins in ../twins/pool.ts.

export function maxPoolGradient(
  x: usize, dy: usize, out: usize, batch: i32, inHeight: i32, inWidth: i32, channels: i32,
  filterHeight: i32, filterWidth: i32, outHeight: i32, outWidth: i32,
  strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
): void {
  const position = <usize>channels << 2;
  const imageBytes = <usize>(inHeight * inWidth) * position;
  memory.fill(out, 0, <usize>batch * imageBytes);
  for (; batch > 0; batch--, x += imageBytes, out += imageBytes) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      const top = outRow * strideHeight - padTop;
      const rows = min(inHeight, top + filterHeight) - max(0, top);
      for (let outColumn = 0; outColumn < outWidth; outColumn++, dy += position) {
        const left = outColumn * strideWidth - padLeft;
        const columns = min(inWidth, left + filterWidth) - max(0, left);
        const corner = <usize>(max(0, top) * inWidth + max(0, left)) * position;
        passBack(x + corner, dy, out + corner, channels, rows, columns, position, <usize>inWidth * position);
      }
    }
  }
}

/** One window: of each channel, the first of the greatest values gets all. */
function passBack(x: usize, dy: usize, out: usize, channels: i32, rows: i32, columns: i32, right: usize, down: usize): void {
  for (; channels >= 4; channels -= 4, x += 16, dy += 16, out += 16) {
    let greatest = f32x4.splat(-Infinity);
    for (let row = 0; row < rows; row++) {
      let at = x + <usize>row * down;
      for (let column = 0; column < columns; column++, at += right) greatest = f32x4.pmax(greatest, v128.load(at));
    }
    let left = v128.load(dy);
    // Where a channel's greatest value is still to be found: all bits set.
    let open = i32x4.splat(-1);
    for (let row = 0; row < rows; row++) {
      let offset = <usize>row * down;
      for (let column = 0; column < columns; column++, offset += right) {
        const found = v128.and(f32x4.eq(v128.load(x + offset), greatest), open);
        open = v128.andnot(open, found);
        v128.store(out + offset, f32x4.add(v128.load(out + offset), v128.and(found, left)));
      }
    }
  }
  for (; channels > 0; channels--, x += 4, dy += 4, out += 4) {
    let greatest: f32 = -Infinity;
    let where: usize = 0;
    let found = false;
    for (let row = 0; row < rows; row++) {
      let offset = <usize>row * down;
      for (let column = 0; column < columns; column++, offset += right) {
        const value = load<f32>(x + offset);
        if (value > greatest || (!found && value == greatest)) {
          greatest = value;
          where = offset;
          found = true;
        }
      }
    }
    if (found) store<f32>(out + where, load<f32>(out + where) + load<f32>(dy));
  }
}

export function avgPoolGradient(
  dy: usize, out: usize, batch: i32, inHeight: i32, inWidth: i32, channels: i32,
  filterHeight: i32, filterWidth: i32, outHeight: i32, outWidth: i32,
  strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
): void {
  const position = <usize>channels << 2;
  const down = <usize>inWidth * position;
  const imageBytes = <usize>inHeight * down;
  const share = <f32>1 / <f32>(filterHeight * filterWidth);
  memory.fill(out, 0, <usize>batch * imageBytes);
  for (; batch > 0; batch--, out += imageBytes) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      const top = outRow * strideHeight - padTop;
      const last = min(inHeight, top + filterHeight);
      for (let outColumn = 0; outColumn < outWidth; outColumn++, dy += position) {
        const left = outColumn * strideWidth - padLeft;
        const columns = min(inWidth, left + filterWidth) - max(0, left);
        for (let row = max(0, top); row < last; row++) {
          let sums = out + <usize>row * down + <usize>max(0, left) * position;
          for (let column = 0; column < columns; column++, sums += position) addShare(sums, dy, channels, share);
        }
      }
    }
  }
}

/** sums += share · x */
@inline function addShare(sums: usize, x: usize, channels: i32, share: f32): void {
  const shares = f32x4.splat(share);
  for (; channels >= 4; channels -= 4, sums += 16, x += 16) v128.store(sums, f32x4.add(v128.load(sums), f32x4.mul(v128.load(x), shares)));
  for (; channels > 0; channels--, sums += 4, x += 4) store<f32>(sums, load<f32>(sums) + load<f32>(x) * share);
}
