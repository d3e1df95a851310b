/** What a disk's operation made durable is there after any crash; one that was cut off has happened or has not, and nothing between. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import { createSimulatedDisk, type SimulatedDisk } from '../../simulations/faults/simulated-disk.ts';

const FOLDERS = ['a', 'a/b', 'c'] as const;
const FILES = ['a/x', 'a/b/y', 'c/z'] as const;

type Operation =
  | { readonly type: 'writeAtomic'; readonly path: string; readonly length: number }
  | { readonly type: 'append'; readonly path: string; readonly length: number }
  | { readonly type: 'truncate'; readonly path: string; readonly length: number }
  | { readonly type: 'remove'; readonly path: string };

const operation: fc.Arbitrary<Operation> = fc.record({
  type: fc.constantFrom('writeAtomic', 'append', 'truncate', 'remove'),
  path: fc.constantFrom(...FILES),
  length: fc.integer({ min: 0, max: 300 }),
});

/** What each file holds; null: no such file. */
type Model = Map<string, string | null>;

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const content = (fill: number, length: number): Uint8Array => new Uint8Array(length).fill(fill);

/** What the model holds once the operation has happened. */
function after(model: Model, step: Operation, fill: number): string | null {
  const before = model.get(step.path) ?? null;
  switch (step.type) {
    case 'writeAtomic':
      return textOf(content(fill, step.length));
    case 'append':
      return (before ?? '') + textOf(content(fill, step.length));
    case 'truncate':
      return before === null ? null : before.slice(0, 2 * Math.min(step.length, before.length / 2));
    case 'remove':
      return null;
  }
}

async function take(disk: SimulatedDisk, model: Model, step: Operation, fill: number): Promise<void> {
  const before = model.get(step.path) ?? null;
  switch (step.type) {
    case 'writeAtomic':
      return disk.writeAtomic(step.path, content(fill, step.length));
    case 'append': {
      const file = await disk.openAppend(step.path);
      await file.append([content(fill, step.length)]);
      await file.sync();
      return file.close();
    }
    case 'truncate':
      if (before === null) return;
      await cutFile(disk, step.path, Math.min(step.length, before.length / 2));
      return;
    case 'remove':
      return disk.remove(step.path);
  }
}

async function cutFile(disk: SimulatedDisk, path: string, size: number): Promise<void> {
  const file = await disk.openAppend(path);
  await file.cut(size);
  return file.close();
}

async function contentOf(disk: SimulatedDisk, path: string): Promise<string | null> {
  return (await disk.exists(path)) ? textOf(await disk.read(path)) : null;
}

describe('disk crashes', () => {
  it('keep what was durable, and whole what was atomic', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(operation, { maxLength: 10 }), fc.integer({ min: 1, max: 80 }), async (seed, operations, crashAt) => {
        const disk = createSimulatedDisk({ random: createRandom(seed) });
        for (const folder of FOLDERS) await disk.makeFolder(folder);
        const model: Model = new Map(FILES.map((path) => [path, null]));
        let found: SimulatedDisk | null = null;
        let steps = 0;
        disk.watch(() => {
          if (++steps === crashAt) found = disk.crash();
        });

        let cutOff: Operation | null = null;
        let fill = 0;
        for (const step of operations) {
          fill++;
          try {
            await take(disk, model, step, fill);
          } catch {
            cutOff = step;
            break;
          }
          model.set(step.path, after(model, step, fill));
        }
        const restarted: SimulatedDisk = found ?? disk.crash();

        for (const path of FILES) {
          const before = model.get(path) ?? null;
          const now = await contentOf(restarted, path);
          if (cutOff === null || cutOff.path !== path) {
            expect(now).toBe(before);
          } else if (cutOff.type === 'append') {
            // Not atomic: what was there before stays, behind it is anything, no longer than what was appended.
            expect((now ?? '').startsWith(before ?? '')).toBe(true);
            expect((now ?? '').length).toBeLessThanOrEqual((before ?? '').length + 2 * cutOff.length);
          } else {
            expect([before, after(model, cutOff, fill)]).toContain(now);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('keep folders that were made', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const disk = createSimulatedDisk({ random: createRandom(seed) });
      await disk.makeFolder('a/b/c');
      expect(await disk.crash().exists('a/b/c')).toBe(true);
    }
  });
});
