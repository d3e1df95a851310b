import { expect, it } from 'vitest';
import { createMemoryFiles } from '../../simulations/storage/memory-files.ts';

it('the memory of a file that grew and is gone serves the next one, which shows nothing of it', async () => {
  const files = createMemoryFiles();
  const grow = async (path: string, value: number) => {
    const file = await files.open(path, 'append');
    for (let i = 0; i < 10; i++) await file.write([new Uint8Array(100).fill(value)]);
    return file;
  };
  const first = await grow('first', 1);
  await files.unlink('first');
  await grow('second', 2);
  expect(await files.read('second', 0, null)).toEqual(new Uint8Array(1000).fill(2));
  // Still open, the first one writes into memory of its own.
  await first.write([Uint8Array.of(9, 9)]);
  expect(await first.size()).toBe(2);
  expect(await files.read('second', 0, null)).toEqual(new Uint8Array(1000).fill(2));
  const second = await files.open('second', 'append');
  await second.truncate(3);
  await second.write([Uint8Array.of(5)]);
  expect(await files.read('second', 0, null)).toEqual(Uint8Array.of(2, 2, 2, 5));
});
