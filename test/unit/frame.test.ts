import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame, encodeFramePieces, type DecodedFrame, type Frame, type HeaderMemo } from '../../shared/protocol/frame.ts';

/** A frame whose header is written by hand: what a hostile or broken peer could send. */
function craft(header: unknown, body = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const start = Math.ceil((12 + text.length) / 8) * 8;
  const bytes = new Uint8Array(start + body.length);
  bytes.set([0x4d, 0x55, 0x52, 0x4d, 1]);
  new DataView(bytes.buffer).setUint32(8, text.length, true);
  bytes.set(text, 12);
  bytes.set(body, start);
  return bytes;
}

const failure = (code: string, message: RegExp): unknown => expect.objectContaining({ code, message: expect.stringMatching(message) as string });

const sample = encodeFrame({
  kind: 'report',
  meta: { weight: 0.1 },
  tensors: [
    { name: 'a', dtype: 'float32', shape: [3], values: Float32Array.of(1, -2, 0.5) },
    { name: 'b', dtype: 'float64', shape: [], values: Float64Array.of(0.1) },
  ],
});

describe('tensor frame', () => {
  it('has the bytes that the protocol says', () => {
    const header = '{"kind":"k","meta":{},"tensors":[{"name":"a","dtype":"float32","shape":[1]}]}';
    expect(header.length).toBe(77);
    const bytes = encodeFrame({ kind: 'k', meta: {}, tensors: [{ name: 'a', dtype: 'float32', shape: [1], values: Float32Array.of(1.5) }] });
    expect([...bytes.subarray(0, 12)]).toEqual([0x4d, 0x55, 0x52, 0x4d, 1, 0, 0, 0, 77, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(12, 89))).toBe(header);
    expect([...bytes.subarray(89)]).toEqual([0, 0, 0, 0, 0, 0, 0, /* 1.5 */ 0, 0, 0xc0, 0x3f, 0, 0, 0, 0]);
  });

  it('decodes to views of the bytes given', () => {
    const { tensors, copied, meta } = decodeFrame(sample);
    expect(copied).toBe(false);
    expect(meta).toEqual({ weight: 0.1 });
    expect(tensors.map(({ name, values }) => [name, ...values])).toEqual([['a', 1, -2, 0.5], ['b', 0.1]]);
    expect(tensors[0].values.buffer).toBe(sample.buffer);
  });

  it('reads a header that is the same to the byte once where it is asked to, and any other anew', () => {
    const memo: HeaderMemo = { last: null };
    const of = (round: number, value: number): DecodedFrame => decodeFrame(encodeFrame({ kind: 'k', meta: { round }, tensors: [{ name: 'a', dtype: 'float32', shape: [1], values: Float32Array.of(value) }] }), { memo });
    const [first, same, other, again] = [of(1, 1.5), of(1, 2.5), of(2, 3.5), of(1, 4.5)];
    expect(same.meta).toBe(first.meta);
    expect([first, same, other, again].map(({ meta, tensors }) => [meta.round, ...tensors[0].values])).toEqual([[1, 1.5], [1, 2.5], [2, 3.5], [1, 4.5]]);
    expect(again.meta).not.toBe(first.meta);
    // What stands behind a known header is checked all the same.
    const frame = encodeFrame({ kind: 'k', meta: { round: 1 }, tensors: [{ name: 'a', dtype: 'float32', shape: [1], values: Float32Array.of(1) }] });
    expect(() => decodeFrame(frame.subarray(0, -1), { memo })).toThrow(failure('bad_frame', /body is too short/));
    const dirty = frame.slice();
    dirty[dirty.length - 1] = 1;
    expect(() => decodeFrame(dirty, { memo })).toThrow(failure('bad_frame', /padding/));
  });

  it('is the same bytes at once and in pieces, whatever its header holds', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 3000 }), fc.array(fc.float({ noNaN: true }), { maxLength: 5 }), (text, values) => {
      const frame: Frame = { kind: 'k', meta: { text }, tensors: [{ name: 'a', dtype: 'float32', shape: [values.length], values: Float32Array.from(values) }] };
      const whole = encodeFrame(frame);
      expect(whole).toEqual(new Uint8Array(Buffer.concat(encodeFramePieces(frame))));
      expect(decodeFrame(whole).meta).toEqual({ text });
    }), { numRuns: 50 });
  });

  it.each([1, 3, 4, 7])('copies once where the bytes begin %i beyond a multiple of 8', (shift) => {
    const moved = Buffer.alloc(sample.length + shift).subarray(shift);
    moved.set(sample);
    // A Buffer's own slice shares memory: the copy must not be one of those.
    const { tensors, copied } = decodeFrame(moved);
    expect(copied).toBe(moved.byteOffset % 8 !== 0);
    expect(tensors.map(({ values }) => [...values])).toEqual([[1, -2, 0.5], [0.1]]);
  });

  it('refuses a single 0xC1', () => {
    expect(() => decodeFrame(Uint8Array.of(0xc1))).toThrow(failure('bad_frame', /byte 0 is 0xC1.*no tensor frame/));
  });

  it('refuses every truncation and any surplus, saying which', () => {
    for (let length = 0; length < sample.length; length++) {
      expect(() => decodeFrame(sample.slice(0, length)), `${length} bytes`).toThrow(failure('bad_frame', /too few|truncated|too short/));
    }
    expect(() => decodeFrame(sample.slice(0, 40))).toThrow(/header is truncated: it claims \d+ bytes and 28 follow/);
    expect(() => decodeFrame(sample.slice(0, -8))).toThrow(/body is too short: the header claims 24 bytes and 16 follow/);
    const longer = new Uint8Array(sample.length + 1);
    longer.set(sample);
    expect(() => decodeFrame(longer)).toThrow(failure('bad_frame', /surplus: the header claims 24 bytes and 25 follow/));
  });

  it('refuses what a header merely claims, without allocating it', () => {
    const claim = (shape: unknown) => () => decodeFrame(craft({ kind: 'k', meta: {}, tensors: [{ name: 'a', dtype: 'float32', shape }] }));
    expect(claim([2 ** 38])).toThrow(failure('bad_frame', /too short: the header claims 1099511627776 bytes and 0 follow/));
    expect(claim([2 ** 52])).toThrow(failure('bad_frame', /no countable number/));
    expect(claim([2 ** 30, 2 ** 30])).toThrow(failure('bad_frame', /no countable number/));
    expect(claim([-1])).toThrow(failure('bad_frame', /no countable number/));
    expect(claim([0.5])).toThrow(failure('bad_frame', /no countable number/));
    expect(claim(['4'])).toThrow(failure('bad_frame', /tensors\.0\.shape\.0/));
    const long = sample.slice();
    new DataView(long.buffer).setUint32(8, 2 ** 32 - 1, true);
    expect(() => decodeFrame(long)).toThrow(failure('bad_frame', /claims 4294967295 bytes, at most 65536/));
    expect(() => decodeFrame(long, { maxHeaderBytes: 2 ** 40 })).toThrow(failure('bad_frame', /header is truncated/));
  });

  it.each([
    ['no JSON', '{"kind":', /no JSON/],
    ['an unknown key', { kind: 'k', meta: {}, tensors: [], more: 1 }, /more/],
    ['a dtype that is none', { kind: 'k', meta: {}, tensors: [{ name: 'a', dtype: 'float16', shape: [] }] }, /tensors\.0\.dtype/],
    ['a repeated name', { kind: 'k', meta: {}, tensors: [{ name: 'a', dtype: 'int8', shape: [0] }, { name: 'a', dtype: 'int8', shape: [0] }] }, /two tensors are named "a"/],
    ['no object', '[]', /its top/],
    ['deep nesting', `{"kind":"k","meta":${'['.repeat(20_000)}${']'.repeat(20_000)},"tensors":[]}`, /meta/],
  ])('refuses a header with %s', (_, header, message) => {
    expect(() => decodeFrame(craft(header))).toThrow(failure('bad_frame', message));
  });

  it('refuses another version, dirt in the padding and bytes over the limit', () => {
    const other = sample.slice();
    other[4] = 2;
    expect(() => decodeFrame(other)).toThrow(failure('unsupported_version', /version 2/));
    const dirty = sample.slice();
    dirty[sample.length - 9] = 1; // behind the third float32
    expect(() => decodeFrame(dirty)).toThrow(failure('bad_frame', /padding behind tensor "a" is not zero/));
    expect(() => decodeFrame(sample, { maxBytes: sample.length - 1 })).toThrow(failure('too_large', /at most/));
  });

  it('does not encode what contradicts itself', () => {
    expect(() => encodeFrame({ kind: 'k', meta: {}, tensors: [{ name: 'a', dtype: 'float32', shape: [2], values: new Float32Array(3) }] })).toThrow(failure('bad_layout', /shape \[2\] but holds 3/));
    expect(() => encodeFrame({ kind: 'k', meta: {}, tensors: [{ name: 'a', dtype: 'float64', shape: [3], values: new Float32Array(3) }] })).toThrow(failure('bad_layout', /float64/));
  });
});
