import { describe, expect, it } from 'vitest';
import { checkWritable } from '../../server/storage/node-disk.ts';
import { createRandom } from '../../shared/random.ts';
import { createSimulatedDisk, type SimulatedDisk } from '../../simulations/faults/simulated-disk.ts';

const failed = expect.objectContaining({ code: 'storage_failed' }) as unknown;
const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);
const create = (seed: number): SimulatedDisk => createSimulatedDisk({ random: createRandom(seed) });

/** Runs the same on 300 seeds and counts the outcomes. */
async function outcomes(run: (seed: number) => Promise<string>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let seed = 0; seed < 300; seed++) {
    const outcome = await run(seed);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

describe('simulated disk', () => {
  it('loses, tears, garbles or keeps what was not synced, and nothing else', async () => {
    const seen = await outcomes(async (seed) => {
      const disk = create(seed);
      const file = await disk.openAppend('f');
      await file.append([bytes(10, 1)]);
      await file.sync();
      await file.append([bytes(40, 2)]);
      const found = await disk.crash().read('f');
      expect([...found.subarray(0, 10)]).toEqual([...bytes(10, 1)]);
      const tail = [...found.subarray(10)];
      if (tail.some((byte) => byte !== 2)) return 'garbled';
      return tail.length === 0 ? 'lost' : tail.length === 40 ? 'kept' : 'torn';
    });
    expect(Object.keys(seen).sort()).toEqual(['garbled', 'kept', 'lost', 'torn']);
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(10);
  });

  it('keeps what a failed sync held back from ever being durable', async () => {
    const seen = await outcomes(async (seed) => {
      const disk = create(seed);
      const file = await disk.openAppend('f');
      await file.append([bytes(10, 1)]);
      disk.failNext('sync');
      await expect(file.sync()).rejects.toEqual(failed);
      await file.sync();
      return (await disk.crash().read('f')).every((byte) => byte === 1) ? 'good' : 'garbage';
    });
    expect(Object.keys(seen)).toEqual(['garbage']);
  });

  it('finds the same after the same seed', async () => {
    const run = async (): Promise<number[]> => {
      const disk = create(7);
      const file = await disk.openAppend('f');
      await file.append([bytes(1000, 5)]);
      return [...(await disk.crash().read('f'))];
    };
    expect(await run()).toEqual(await run());
  });

  it('ends with the power: nothing that ran on it goes on', async () => {
    const disk = create(1);
    const file = await disk.openAppend('f');
    const found = disk.crash();
    await expect(file.append([bytes(1, 1)])).rejects.toThrow(/power is out/);
    await expect(disk.writeAtomic('g', bytes(1, 1))).rejects.toEqual(failed);
    expect(await found.exists('g')).toBe(false);
  });

  it('leaves a killed process’s writes to its successor, synced or not', async () => {
    const disk = create(1);
    const file = await disk.openAppend('f');
    await file.append([bytes(3, 1)]);
    const next = disk.kill();
    await expect(file.append([bytes(1, 1)])).rejects.toThrow(/killed/);
    expect([...(await next.read('f'))]).toEqual([1, 1, 1]);
  });

  it('is full after as many bytes as it was given', async () => {
    const disk = create(1);
    const file = await disk.openAppend('f');
    disk.fill(5);
    await file.append([bytes(3, 1)]);
    await expect(file.append([bytes(3, 2)])).rejects.toThrow(/simulated\/f: the disk is full.*ENOSPC/);
    expect(file.size).toBe(5);
    await expect(checkWritable(disk)).rejects.toThrow(/data folder simulated cannot be used: .*full/);
    disk.free();
    await checkWritable(disk);
    expect(await disk.list('.tmp')).toEqual([]);
  });

  it('fails a step once', async () => {
    const disk = create(1);
    disk.failNext('rename', 'EROFS');
    await expect(disk.writeAtomic('f', bytes(1, 1))).rejects.toThrow(/read-only.*EROFS/);
    expect(await disk.exists('f')).toBe(false);
    await disk.writeAtomic('f', bytes(1, 1));
  });
});
