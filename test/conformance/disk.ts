/** What every `Disk` promises while the power stays on. Run it over a new implementation with `diskConformance(name, create)`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Disk } from '../../server/storage/disk.ts';
import { createBlobStore } from '../../server/storage/blobs.ts';
import { checkWritable } from '../../server/storage/node-disk.ts';
import { asDigest } from '../../shared/ids.ts';

export interface DiskUnderTest {
  readonly disk: Disk;
  dispose(): Promise<void>;
}

const bytes = (...values: number[]) => Uint8Array.from(values);
const code = (name: string): unknown => expect.objectContaining({ name: 'MurmurError', code: name });
/** Buffers and plain arrays alike. */
const plain = (value: Uint8Array): number[] => [...value];

export function diskConformance(name: string, create: () => Promise<DiskUnderTest>): void {
  describe(`disk: ${name}`, () => {
    let under: DiskUnderTest;
    let disk: Disk;
    beforeEach(async () => {
      under = await create();
      disk = under.disk;
    });
    afterEach(() => under.dispose());

    it('can be written to', async () => {
      await checkWritable(disk);
      expect((await disk.list('journal')).length).toBe(0);
    });

    describe('append', () => {
      it('puts the pieces behind each other, readable at once', async () => {
        await disk.makeFolder('journal/mnist');
        const file = await disk.openAppend('journal/mnist/1');
        expect(file.size).toBe(0);
        await file.append([bytes(1, 2), bytes(), bytes(3)]);
        await file.append([]);
        expect(file.size).toBe(3);
        expect(plain(await disk.read('journal/mnist/1'))).toEqual([1, 2, 3]);
        await file.sync();
        await file.append([bytes(4)]);
        await file.sync();
        await file.close();
        expect(plain(await disk.read('journal/mnist/1'))).toEqual([1, 2, 3, 4]);
      });

      it('goes on behind what a file holds', async () => {
        await disk.writeAtomic('file', bytes(1, 2));
        const file = await disk.openAppend('file');
        expect(file.size).toBe(2);
        await file.append([bytes(3)]);
        await file.close();
        expect(plain(await disk.read('file'))).toEqual([1, 2, 3]);
      });

      it('keeps what it was given, whatever becomes of the pieces', async () => {
        const file = await disk.openAppend('file');
        const piece = bytes(1, 2, 3);
        await file.append([piece.subarray(1)]);
        piece.fill(9);
        await file.close();
        expect(plain(await disk.read('file'))).toEqual([2, 3]);
      });

      it('takes more pieces and larger ones than one system call does', async () => {
        const file = await disk.openAppend('file');
        const small = Array.from({ length: 3000 }, (_, i) => bytes(i & 255, i >> 8));
        const large = new Uint8Array(5_000_000).map((_, i) => i % 251);
        await file.append([...small, large]);
        await file.sync();
        await file.close();
        const back = await disk.read('file');
        expect(back.byteLength).toBe(6000 + large.byteLength);
        expect(plain(back.subarray(5998, 6000))).toEqual([2999 & 255, 2999 >> 8]);
        expect(Buffer.compare(back.subarray(6000), large)).toBe(0);
      });

      it('is refused where the folder is missing', async () => {
        await expect(disk.openAppend('none/file')).rejects.toEqual(code('storage_failed'));
        await expect(disk.openAppend('none/file')).rejects.toThrow(/none\/file.*not there/);
      });
    });

    describe('atomic writes', () => {
      it('replace the file whole', async () => {
        await disk.writeAtomic('a', bytes(1, 2, 3));
        await disk.writeAtomic('a', bytes(4));
        expect(plain(await disk.read('a'))).toEqual([4]);
        await disk.writeAtomic('a', bytes());
        expect(plain(await disk.read('a'))).toEqual([]);
      });

      it('leave nothing beside it, failed ones neither', async () => {
        await disk.makeFolder('folder');
        await disk.writeAtomic('folder/a', bytes(1));
        await expect(disk.writeAtomic('none/a', bytes(1))).rejects.toEqual(code('storage_failed'));
        expect(await disk.list('folder')).toEqual(['a']);
        expect(await disk.list('.tmp')).toEqual([]);
      });

      it('may run at the same time', async () => {
        await Promise.all(Array.from({ length: 20 }, (_, i) => disk.writeAtomic(`f${i}`, bytes(i))));
        for (let i = 0; i < 20; i++) expect(plain(await disk.read(`f${i}`))).toEqual([i]);
      });
    });

    describe('reading', () => {
      it('finds a part, cut where the file ends', async () => {
        await disk.writeAtomic('a', bytes(0, 1, 2, 3, 4));
        expect(plain(await disk.readAt('a', 1, 3))).toEqual([1, 2, 3]);
        expect(plain(await disk.readAt('a', 3, 10))).toEqual([3, 4]);
        expect(plain(await disk.readAt('a', 5, 1))).toEqual([]);
        expect(plain(await disk.readAt('a', 9, 1))).toEqual([]);
        expect(plain(await disk.readAt('a', 0, 0))).toEqual([]);
      });

      it('says not_found where there is no file', async () => {
        await expect(disk.read('none')).rejects.toEqual(code('not_found'));
        await expect(disk.readAt('none/none', 0, 1)).rejects.toEqual(code('not_found'));
        expect(await disk.exists('none')).toBe(false);
      });
    });

    it('makes folders with their parents, again without an error', async () => {
      await disk.makeFolder('a/b/c');
      await disk.makeFolder('a/b/c');
      await disk.makeFolder('a/d');
      expect(await disk.list('a')).toEqual(['b', 'd']);
      expect(await disk.exists('a/b/c')).toBe(true);
    });

    it('lists names sorted, and nothing where there is no folder', async () => {
      await disk.makeFolder('a');
      for (const file of ['z', 'b', 'B', '10', '9']) await disk.writeAtomic(`a/${file}`, bytes());
      expect(await disk.list('a')).toEqual(['10', '9', 'B', 'b', 'z']);
      expect(await disk.list('none')).toEqual([]);
    });

    it('removes a file, and one that is not there', async () => {
      await disk.writeAtomic('a', bytes(1));
      await disk.remove('a');
      expect(await disk.exists('a')).toBe(false);
      await disk.remove('a');
      await disk.remove('none/a');
    });

    it('cuts a file, and appends go on from there', async () => {
      const file = await disk.openAppend('a');
      await file.append([bytes(1, 2, 3, 4)]);
      await file.cut(2);
      expect(file.size).toBe(2);
      await file.append([bytes(9)]);
      await file.close();
      expect(plain(await disk.read('a'))).toEqual([1, 2, 9]);
      const again = await disk.openAppend('a');
      await again.cut(1);
      await again.append([bytes(8)]);
      await again.close();
      expect(plain(await disk.read('a'))).toEqual([1, 8]);
    });

    it('cuts and lengthens the file that was opened, not one that has its name by now', async () => {
      const file = await disk.openAppend('a');
      await file.append([bytes(1, 2, 3, 4)]);
      await file.sync();
      await disk.writeAtomic('a', bytes(5, 6, 7, 8));
      await file.cut(1);
      await file.append([bytes(9)]);
      await file.sync();
      await file.close();
      expect(plain(await disk.read('a'))).toEqual([5, 6, 7, 8]);
    });

    it('refuses a folder below a file, with the path', async () => {
      await disk.writeAtomic('a', bytes(1));
      await expect(disk.makeFolder('a/b')).rejects.toEqual(code('storage_failed'));
      await expect(disk.makeFolder('a/b')).rejects.toThrow(/\/a\/b: .*a file stands where/);
      await expect(disk.makeFolder('a')).rejects.toEqual(code('storage_failed'));
    });

    it.each(['', '/etc/passwd', '../a', 'a/../../b', 'a//b', './a', 'a\0b', 'a\\b'])('refuses the path %j', async (path) => {
      await expect(disk.read(path)).rejects.toEqual(code('internal'));
      await expect(disk.writeAtomic(path, bytes(1))).rejects.toEqual(code('internal'));
      await expect(disk.openAppend(path)).rejects.toEqual(code('internal'));
    });

    describe('blobs', () => {
      it('are found by their digest', async () => {
        const blobs = createBlobStore(disk);
        const digest = await blobs.put(new TextEncoder().encode('abc'));
        expect(digest).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
        expect(await blobs.put(new TextEncoder().encode('abc'))).toBe(digest);
        expect(plain(await blobs.get(digest))).toEqual([97, 98, 99]);
        expect(await blobs.has(digest)).toBe(true);
        await blobs.remove(digest);
        expect(await blobs.has(digest)).toBe(false);
        await expect(blobs.get(digest)).rejects.toEqual(code('not_found'));
        expect(await blobs.put(new TextEncoder().encode('abc'))).toBe(digest);
        expect(await blobs.has(digest)).toBe(true);
      });

      it('that changed are refused, and mended by storing them again after a restart', async () => {
        const digest = await createBlobStore(disk).put(bytes(1, 2, 3));
        await disk.writeAtomic(`blobs/${digest.slice(0, 2)}/${digest}`, bytes(1, 2, 4));
        const blobs = createBlobStore(disk);
        await expect(blobs.get(digest)).rejects.toEqual(code('storage_corrupt'));
        await blobs.put(bytes(1, 2, 3));
        expect(plain(await blobs.get(digest))).toEqual([1, 2, 3]);
      });

      it('have digests, nothing else', async () => {
        const blobs = createBlobStore(disk);
        await expect(blobs.get(asDigest('../../etc/passwd'))).rejects.toEqual(code('not_found'));
        expect(await blobs.has(asDigest('../x'))).toBe(false);
        await expect(blobs.remove(asDigest('../x'))).rejects.toEqual(code('not_found'));
      });
    });
  });
}
