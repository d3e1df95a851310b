import { describe, expect, it } from 'vitest';
import { createUploads, type Uploads, type UploadLimits } from '../../server/gateway/uploads.ts';
import { createVirtualClock, type VirtualClock } from '../../simulations/virtual-clock.ts';
import { asEdgeId } from '../../shared/ids.ts';
import { thrownBy } from '../helpers/thrown.ts';

const edge = (i: number) => asEdgeId(`e${String(i).padStart(20, '0')}`);
const BYTES = Uint8Array.from({ length: 10 }, (_, i) => i);
const NAME = 'a'.repeat(64);
const LIMITS: UploadLimits = { maxUploads: 3, maxUploadsOfAnEdge: 2, maxBytesInAll: 100, maxIdleMs: 1000 };

function house(limits: Partial<UploadLimits> = {}): { uploads: Uploads; clock: VirtualClock; pass(ms: number): Promise<void> } {
  const clock = createVirtualClock(5000);
  return {
    uploads: createUploads(clock, { ...LIMITS, ...limits }), clock,
    async pass(ms) {
      let passed = false;
      clock.after(ms, () => (passed = true));
      await clock.runUntil(() => passed);
    },
  };
}

const codeOf = async (call: () => unknown): Promise<[string, unknown]> => {
  const { code, details } = await thrownBy(call);
  return [code, details];
};

describe('an upload', () => {
  it('is whole with its last chunk, and forgotten then', () => {
    const { uploads } = house();
    expect(uploads.begin(edge(1), 'a', 10, NAME, 100)).toBe(0);
    expect(uploads.chunk(edge(1), 'a', 0, BYTES.subarray(0, 4))).toEqual({ received: 4, whole: null });
    expect(uploads.chunk(edge(1), 'a', 4, BYTES.subarray(4, 8))).toEqual({ received: 8, whole: null });
    expect(uploads.chunk(edge(1), 'a', 8, BYTES.subarray(8))).toEqual({ received: 10, whole: BYTES });
    expect(uploads.count).toBe(0);
  });

  it('keeps its own copy of what came', () => {
    const { uploads } = house();
    uploads.begin(edge(1), 'a', 10, NAME, 100);
    const first = BYTES.slice(0, 4);
    uploads.chunk(edge(1), 'a', 0, first);
    first.fill(9);
    expect(uploads.chunk(edge(1), 'a', 4, BYTES.subarray(4)).whole).toEqual(BYTES);
  });

  it('goes on where it stopped, when begun again', () => {
    const { uploads } = house();
    uploads.begin(edge(1), 'a', 10, NAME, 100);
    uploads.chunk(edge(1), 'a', 0, BYTES.subarray(0, 7));
    expect(uploads.begin(edge(1), 'a', 10, NAME, 100)).toBe(7);
    expect(uploads.chunk(edge(1), 'a', 7, BYTES.subarray(7)).whole).toEqual(BYTES);
  });

  it('begins anew for other bytes', () => {
    const { uploads } = house();
    uploads.begin(edge(1), 'a', 10, NAME, 100);
    uploads.chunk(edge(1), 'a', 0, BYTES.subarray(0, 7));
    expect(uploads.begin(edge(1), 'a', 10, '0'.repeat(64), 100)).toBe(0);
    expect(uploads.begin(edge(1), 'a', 11, '0'.repeat(64), 100)).toBe(0);
    expect(uploads.count).toBe(1);
  });

  it('is each edge’s own', async () => {
    const { uploads } = house();
    uploads.begin(edge(1), 'a', 10, NAME, 100);
    uploads.chunk(edge(1), 'a', 0, BYTES.subarray(0, 7));
    expect(await codeOf(() => uploads.chunk(edge(2), 'a', 7, BYTES.subarray(7)))).toEqual(['upload_mismatch', { received: 0 }]);
    expect(uploads.begin(edge(2), 'a', 10, NAME, 100)).toBe(0);
  });

  it('takes chunks in order only, and says where it stands', async () => {
    const { uploads } = house();
    uploads.begin(edge(1), 'a', 10, NAME, 100);
    uploads.chunk(edge(1), 'a', 0, BYTES.subarray(0, 4));
    for (const offset of [0, 3, 5, 10, Number.MAX_SAFE_INTEGER]) {
      expect(await codeOf(() => uploads.chunk(edge(1), 'a', offset, BYTES.subarray(0, 1)))).toEqual(['upload_mismatch', { received: 4 }]);
    }
    // Longer than announced.
    expect(await codeOf(() => uploads.chunk(edge(1), 'a', 4, BYTES.subarray(0, 7)))).toEqual(['upload_mismatch', { received: 4 }]);
    expect(uploads.chunk(edge(1), 'a', 4, BYTES.subarray(4)).whole).toEqual(BYTES);
  });
});

describe('unfinished uploads are bounded', () => {
  it('in size, each and all together', async () => {
    const { uploads } = house();
    expect((await codeOf(() => uploads.begin(edge(1), 'a', 51, NAME, 50)))[0]).toBe('too_large');
    uploads.begin(edge(1), 'a', 50, NAME, 50);
    uploads.begin(edge(2), 'a', 50, NAME, 50);
    expect((await codeOf(() => uploads.begin(edge(3), 'a', 1, NAME, 50)))[0]).toBe('too_many_uploads');
    // What is finished or given up makes place.
    uploads.begin(edge(1), 'a', 49, NAME, 50);
    expect(uploads.begin(edge(3), 'a', 1, NAME, 50)).toBe(0);
  });

  it('in number', async () => {
    const { uploads } = house();
    for (const i of [1, 2, 3]) uploads.begin(edge(i), 'a', 1, NAME, 50);
    expect((await codeOf(() => uploads.begin(edge(4), 'a', 1, NAME, 50)))[0]).toBe('too_many_uploads');
    expect(uploads.count).toBe(3);
  });

  it('in number for one edge: the one that it left longest is given up', async () => {
    const { uploads } = house();
    uploads.begin(edge(1), 'a', 10, NAME, 50);
    uploads.begin(edge(1), 'b', 10, NAME, 50);
    uploads.chunk(edge(1), 'a', 0, BYTES.subarray(0, 1));
    uploads.begin(edge(1), 'c', 10, NAME, 50);
    expect(uploads.count).toBe(2);
    expect(await codeOf(() => uploads.chunk(edge(1), 'b', 0, BYTES))).toEqual(['upload_mismatch', { received: 0 }]);
    expect(uploads.begin(edge(1), 'a', 10, NAME, 50)).toBe(1);
    // And nobody else's place is taken by it.
    uploads.begin(edge(2), 'a', 10, NAME, 50);
    uploads.begin(edge(1), 'd', 10, NAME, 50);
    expect(uploads.begin(edge(2), 'a', 10, NAME, 50)).toBe(0);
    expect(uploads.count).toBe(3);
  });

  it('in age, counted from the last touch', async () => {
    const { uploads, pass } = house({ maxUploads: 1 });
    uploads.begin(edge(1), 'a', 10, NAME, 50);
    await pass(900);
    uploads.chunk(edge(1), 'a', 0, BYTES.subarray(0, 1));
    await pass(1000);
    expect((await codeOf(() => uploads.begin(edge(2), 'a', 1, NAME, 50)))[0]).toBe('too_many_uploads');
    await pass(1);
    expect(uploads.begin(edge(2), 'a', 1, NAME, 50)).toBe(0);
    expect(await codeOf(() => uploads.chunk(edge(1), 'a', 1, BYTES.subarray(1)))).toEqual(['upload_mismatch', { received: 0 }]);
  });
});
