import { describe, expect, it } from 'vitest';
import type { Examples } from '../../shared/model/examples.ts';
import { DataContract } from '../../shared/task/data-contract.ts';
import { applyTransform } from '../../simulations/partitioners/transform.ts';

const image = (height: number, width: number, channels: 1 | 3 = 1): DataContract => DataContract.parse({ kind: 'image', height, width, channels, classes: ['a', 'b'], flat: true });
const table = DataContract.parse({ kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'categorical', column: 'y', values: ['a', 'b'] } });
const text = DataContract.parse({ kind: 'text', column: 't', labelColumn: 'y', classes: ['a', 'b'], length: 3, vocabulary: ['word'] });
const examples = (inputs: Examples['inputs'], size = 1, scale = 1 / 255): Examples => ({ size, inputs, inputShape: [inputs.length / size], scale, labels: new Int32Array(size), labelShape: [] });

describe('turning images', () => {
  const turn = (inputs: Examples['inputs'], degrees: number, contract: DataContract, size = 1): number[] => [...applyTransform(examples(inputs, size), { kind: 'rotate', degrees }, contract).inputs];

  it('by right angles moves every pixel to another, counter-clockwise', () => {
    // 1 2 3      3 6 9
    // 4 5 6  →   2 5 8
    // 7 8 9      1 4 7
    const nine = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
    expect(turn(nine, 90, image(3, 3))).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
    expect(turn(nine, -90, image(3, 3))).toEqual([7, 4, 1, 8, 5, 2, 9, 6, 3]);
    expect(turn(nine, 180, image(3, 3))).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(turn(nine, 0, image(3, 3))).toEqual([...nine]);
    expect(turn(Uint8Array.of(1, 2, 3, 4), 90, image(2, 2))).toEqual([2, 4, 1, 3]);
  });

  it('takes each image and each channel by itself', () => {
    expect(turn(Uint8Array.of(1, 2, 3, 4, 10, 20, 30, 40), 90, image(2, 2), 2)).toEqual([2, 4, 1, 3, 20, 40, 10, 30]);
    expect(turn(Uint8Array.of(1, 11, 21, 2, 12, 22, 3, 13, 23, 4, 14, 24), 90, image(2, 2, 3))).toEqual([2, 12, 22, 4, 14, 24, 1, 11, 21, 3, 13, 23]);
  });

  it('by other angles takes the mean of four pixels by nearness, and 0 from outside', () => {
    // By 45° the corner of a 2 × 2 image comes from (middle, −√½ from it): half of each upper pixel, of which 0.5 − (√½ − 0.5) is within.
    const inside = 1 - (Math.SQRT1_2 - 0.5);
    expect(turn(Float32Array.of(100, 100, 100, 100), 45, image(2, 2)).map((value) => value.toFixed(4))).toEqual(new Array(4).fill((100 * inside).toFixed(4)));
    // A row turned upright: only its middle stays within one row.
    expect(turn(Uint8Array.of(1, 2, 3), 90, image(1, 3))).toEqual([0, 2, 0]);
  });

  it('keeps the dtype, the labels and its argument', () => {
    const before = examples(Uint8Array.of(1, 2, 3, 4));
    const after = applyTransform(before, { kind: 'rotate', degrees: 90 }, image(2, 2));
    expect(after.inputs).toBeInstanceOf(Uint8Array);
    expect(after.labels).toBe(before.labels);
    expect([...before.inputs]).toEqual([1, 2, 3, 4]);
  });

  it('refuses what is no image', () => {
    expect(() => turn(Float32Array.of(1), 10, table)).toThrow(expect.objectContaining({ code: 'incompatible' }));
  });
});

describe('noise', () => {
  const size = 40_000;
  it('has the deviation asked for in what the model sees, on black, too, and is decided by its seed', () => {
    const black = examples(new Uint8Array(size), size);
    const noisy = (seed: number): Examples => applyTransform(black, { kind: 'noise', deviation: 0.25, seed }, table);
    const seen = Float64Array.from(noisy(3).inputs, (value) => value / 255);
    const mean = seen.reduce((a, b) => a + b, 0) / size;
    const variance = seen.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
    // Five standard errors: σ/√n of the mean, σ²·√(2/n) of the variance.
    expect(Math.abs(mean)).toBeLessThan((5 * 0.25) / Math.sqrt(size));
    expect(Math.abs(variance - 0.0625)).toBeLessThan(5 * 0.0625 * Math.sqrt(2 / size));
    expect(noisy(3).inputs).toEqual(noisy(3).inputs);
    expect(noisy(4).inputs).not.toEqual(noisy(3).inputs);
  });

  it('is added to what is there', () => {
    const { inputs, scale } = applyTransform(examples(Float32Array.of(7, -7, 5), 3, 1), { kind: 'noise', deviation: 1e-6, seed: 1 }, table);
    expect([...Array.from(inputs, (value) => value.toFixed(4)), scale]).toEqual(['7.0000', '-7.0000', '5.0000', 1]);
    expect([...inputs]).not.toEqual([7, -7, 5]);
  });

  it('is refused on words', () => {
    expect(() => applyTransform(examples(Int32Array.of(1, 2, 3)), { kind: 'noise', deviation: 1, seed: 1 }, text)).toThrow(expect.objectContaining({ code: 'incompatible' }));
  });
});
