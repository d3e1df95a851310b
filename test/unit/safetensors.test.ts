import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint, decodeServerState, encodeCheckpoint, encodeServerState } from '../../shared/tensors/checkpoint.ts';
import { createLayout } from '../../shared/tensors/layout.ts';
import { decodeSafetensors, encodeSafetensors } from '../../shared/tensors/safetensors.ts';

/** A file whose header is written by hand: what another program, or a hostile one, could have made. */
function craft(header: unknown, body = new Uint8Array(0), claimed?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}
const failure = (code: string, message: RegExp): unknown => expect.objectContaining({ code, message: expect.stringMatching(message) as string });
const layout = createLayout([{ name: 'dense/kernel', shape: [2, 3] }, { name: '7', shape: [] }, { name: 'dense/bias', shape: [3] }]);
const parameters = { layout, values: Float32Array.from({ length: 10 }, (_, i) => i / 4 - 1) };

describe('safetensors', () => {
  it('has the bytes that the format says', () => {
    const bytes = encodeSafetensors({ tensors: [{ name: 'a', dtype: 'float32', shape: [1], values: Float32Array.of(1.5) }], metadata: { b: '2', a: '1' } });
    const header = '{"__metadata__":{"a":"1","b":"2"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    expect(header.length).toBe(87);
    expect([...bytes.subarray(0, 8)]).toEqual([88, 0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(8, 96))).toBe(`${header} `);
    expect([...bytes.subarray(96)]).toEqual([0, 0, 0xc0, 0x3f]);
  });

  it('reads what others wrote: any order of names, an unaligned body, narrow tensors before wide ones', () => {
    const body = new Uint8Array(13);
    new DataView(body.buffer).setFloat32(1, 0.5, true);
    new DataView(body.buffer).setFloat64(5, -3, true);
    body[0] = 200;
    const header = { wide: { dtype: 'F64', shape: [1], data_offsets: [5, 13] }, byte: { dtype: 'U8', shape: [1], data_offsets: [0, 1] }, odd: { dtype: 'F32', shape: [], data_offsets: [1, 5] } };
    const { tensors, copied, metadata } = decodeSafetensors(craft(header, body));
    expect(tensors.map(({ name, dtype, values }) => [name, dtype, ...values])).toEqual([['byte', 'uint8', 200], ['odd', 'float32', 0.5], ['wide', 'float64', -3]]);
    expect(copied).toBe(true);
    expect(metadata).toEqual({});
  });

  const one = (change: object) => ({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4], ...change } });
  it.each<[string, Uint8Array, RegExp]>([
    ['a single byte', Uint8Array.of(0xc1), /1 bytes are too few/],
    ['a header of 2^40 bytes', craft('{}', undefined, 2n ** 40n), /claims 1099511627776 bytes/],
    ['a header of 2^64 − 1 bytes', craft('{}', undefined, 2n ** 64n - 1n), /claims 18446744073709551615 bytes/],
    ['a truncated header', craft('{}', undefined, 3n), /truncated: it claims 3 bytes and 2 follow/],
    ['no JSON', craft('{"a"'), /no JSON/],
    ['no object', craft('[]'), /no JSON object/],
    ['an unknown dtype', craft(one({ dtype: 'F16' }), new Uint8Array(4)), /"a" has the dtype F16/],
    ['a shape that is none', craft(one({ shape: [-1] }), new Uint8Array(4)), /no countable number/],
    ['a tensor of 2^40 elements', craft(one({ shape: [2 ** 40], data_offsets: [0, 2 ** 42] })), /too short: the header claims 4398046511104 bytes/],
    ['offsets that do not fit the shape', craft(one({ data_offsets: [0, 8] }), new Uint8Array(8)), /1 elements of F32 take 4 bytes/],
    ['negative offsets', craft(one({ data_offsets: [-4, 0] })), /lies at -4 to 0/],
    ['a hole', craft(one({ data_offsets: [4, 8] }), new Uint8Array(8)), /begins at byte 4.*ends at 0/],
    ['an overlap', craft({ ...one({}), b: { dtype: 'F32', shape: [1], data_offsets: [2, 6] } }, new Uint8Array(6)), /"b" begins at byte 2/],
    ['a body too short', craft(one({}), new Uint8Array(3)), /too short: the header claims 4 bytes and 3 follow/],
    ['a surplus', craft(one({}), new Uint8Array(5)), /surplus/],
    ['metadata that is no text', craft({ __metadata__: { a: 1 } }), /__metadata__ is wrong at a/],
    ['an unknown key', craft(one({ more: 1 }), new Uint8Array(4)), /"a" is wrong/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(failure('bad_frame', message));
  });

  it('does not write what it could not read', () => {
    const tensor = (name: string) => ({ name, dtype: 'uint8' as const, shape: [1], values: Uint8Array.of(1) });
    expect(() => encodeSafetensors({ tensors: [tensor('__metadata__')], metadata: {} })).toThrow(failure('bad_layout', /__metadata__/));
    expect(() => encodeSafetensors({ tensors: [tensor('a'), tensor('a')], metadata: {} })).toThrow(failure('bad_layout', /two tensors/));
    expect(() => encodeSafetensors({ tensors: [{ ...tensor('a'), shape: [2] }], metadata: {} })).toThrow(failure('bad_layout', /holds 1 values/));
  });
});

describe('checkpoint', () => {
  it('comes back as a view, names that look like numbers in their place', () => {
    const bytes = encodeCheckpoint(parameters, { task: 'demo', version: '3' });
    const decoded = decodeCheckpoint(bytes);
    expect(decoded.parameters).toEqual(parameters);
    expect(decoded.parameters.layout.digest).toBe(layout.digest);
    expect(decoded.parameters.values.buffer).toBe(bytes.buffer);
    expect(decoded.metadata).toEqual({ format: 'murmuration', task: 'demo', version: '3' });
    expect(decodeCheckpoint(bytes, layout).parameters.layout).toBe(layout);
    expect(encodeCheckpoint(decoded.parameters, { version: '3', task: 'demo' })).toEqual(bytes);
  });

  it('comes back whole where the bytes are not aligned', () => {
    const bytes = encodeCheckpoint(parameters);
    const moved = Buffer.alloc(bytes.length + 5).subarray(5);
    moved.set(bytes);
    expect(decodeCheckpoint(moved, layout).parameters.values).toEqual(parameters.values);
  });

  it('of another model is refused, and says where they part', () => {
    const other = createLayout([{ name: 'dense/kernel', shape: [2, 3] }, { name: 'dense/bias', shape: [3] }]);
    expect(() => decodeCheckpoint(encodeCheckpoint(parameters), other)).toThrow(failure('bad_layout', /tensor 1 is 7 \[\] where dense\/bias \[3\] is asked for/));
    const wide = encodeSafetensors({ tensors: [{ name: 'a', dtype: 'float64', shape: [1], values: Float64Array.of(1) }], metadata: {} });
    expect(() => decodeCheckpoint(wide)).toThrow(failure('bad_frame', /"a" of the checkpoint is float64/));
    expect(() => encodeCheckpoint({ layout, values: new Float32Array(9) })).toThrow(failure('bad_layout', /9 values/));
  });
});

describe('server state', () => {
  it('comes back bit by bit, the weights from the checkpoint', () => {
    const state = { parameters: Float32Array.of(1, 2), vectors: { velocity: Float32Array.of(NaN, -0), a: Float32Array.of(3) }, numbers: { step: 0.1, zero: -0, far: Infinity } };
    const bytes = encodeServerState(state);
    expect(decodeServerState(bytes, state.parameters)).toEqual(state);
    expect(encodeServerState({ ...state, numbers: { far: Infinity, zero: -0, step: 0.1 } })).toEqual(bytes);
  });

  it('does not grow with the model where there are no vectors', () => {
    expect(encodeServerState({ parameters: new Float32Array(1_000_000), vectors: {}, numbers: {} }).length).toBeLessThan(200);
  });

  it('of something else is refused', () => {
    expect(() => decodeServerState(encodeCheckpoint(parameters), parameters.values)).toThrow(failure('bad_frame', /"dense\/kernel"/));
  });
});

const python = [process.env.MURMUR_TEST_PYTHON, 'python3'].find((command) => command !== undefined && spawnSync(command, ['-c', 'import safetensors.numpy']).status === 0);
if (python === undefined) console.warn('SKIPPED: a checkpoint opened by Python. Install numpy and safetensors for python3 (pip install numpy safetensors), or point MURMUR_TEST_PYTHON at a Python that has them.');

describe('Python', () => {
  it.skipIf(python === undefined)('opens a checkpoint with its own safetensors library, and we what it writes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'murmur-safetensors-'));
    try {
      const [ours, theirs] = [join(folder, 'ours.safetensors'), join(folder, 'theirs.safetensors')];
      writeFileSync(ours, encodeCheckpoint(parameters, { version: '3' }));
      const script = `
import json, sys
from safetensors import safe_open
from safetensors.numpy import save
with safe_open(sys.argv[1], framework="np") as f:
    tensors = {name: f.get_tensor(name) for name in f.keys()}
    print(json.dumps({"metadata": f.metadata(), "tensors": {n: [str(t.dtype), list(t.shape), t.flatten().tolist()] for n, t in tensors.items()}}))
open(sys.argv[2], "wb").write(save(tensors, {"by": "python"}))`;
      const run = spawnSync(python as string, ['-c', script, ours, theirs], { encoding: 'utf8' });
      expect(run.stderr).toBe('');
      expect(JSON.parse(run.stdout)).toEqual({
        metadata: { format: 'murmuration', version: '3' },
        tensors: { 'dense/kernel': ['float32', [2, 3], [-1, -0.75, -0.5, -0.25, 0, 0.25]], '7': ['float32', [], [0.5]], 'dense/bias': ['float32', [3], [0.75, 1, 1.25]] },
      });
      const read = decodeCheckpoint(readFileSync(theirs));
      expect(read.metadata).toEqual({ by: 'python' });
      for (const { name, offset, size, shape } of layout.tensors) {
        const place = read.parameters.layout.tensors.find((tensor) => tensor.name === name);
        expect(place?.shape).toEqual(shape);
        expect(read.parameters.values.subarray(place?.offset, (place?.offset ?? 0) + size)).toEqual(parameters.values.subarray(offset, offset + size));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
