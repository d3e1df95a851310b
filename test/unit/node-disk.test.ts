import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storageFailure } from '../../server/storage/disk-errors.ts';
import { checkWritable, createNodeDisk } from '../../server/storage/node-disk.ts';

const failed = expect.objectContaining({ code: 'storage_failed' }) as unknown;
const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('node disk', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'murmur-node-disk-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('lets nobody else read', async () => {
    const disk = await createNodeDisk(join(root, 'deep/data'));
    await disk.makeFolder('a/b');
    await disk.writeAtomic('a/b/atomic', new Uint8Array(1));
    await (await disk.openAppend('a/append')).close();
    const modes = await Promise.all(['deep/data', 'deep/data/a', 'deep/data/a/b', 'deep/data/.tmp'].map((path) => mode(join(root, path))));
    expect(modes).toEqual([0o700, 0o700, 0o700, 0o700]);
    expect(await mode(join(root, 'deep/data/a/b/atomic'))).toBe(0o600);
    expect(await mode(join(root, 'deep/data/a/append'))).toBe(0o600);
  });

  it('leaves no probe behind', async () => {
    await checkWritable(await createNodeDisk(root));
    expect(await readdir(root)).toEqual([]);
  });

  it('names a full disk', async () => {
    const disk = await createNodeDisk(root);
    // The device that is always full: the system's own ENOSPC.
    await symlink('/dev/full', join(root, 'full'));
    const file = await disk.openAppend('full');
    await expect(file.append([new Uint8Array(10)])).rejects.toEqual(failed);
    await expect(file.append([new Uint8Array(10)])).rejects.toThrow(`cannot write to ${root}/full: the disk is full; free some space or move the data folder (ENOSPC)`);
    await file.close();
  });

  it('names a data folder that lies below a file', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(createNodeDisk(join(root, 'file/data'))).rejects.toThrow(/file\/data: a part of the path is a file/);
  });

  // Root may write anywhere; the kernel's own folders alone refuse it.
  it('names a folder that cannot be written to', async () => {
    if (process.getuid?.() !== 0) {
      await mkdir(join(root, 'data'));
      await chmod(join(root, 'data'), 0o500);
      const disk = await createNodeDisk(join(root, 'data'));
      await expect(checkWritable(disk)).rejects.toThrow(/data cannot be used: .*not readable and writable.*EACCES/);
    } else {
      await expect(checkWritable(await createNodeDisk('/proc/self'))).rejects.toThrow(/data folder \/proc\/self cannot be used: /);
    }
  });

  it('sweeps away what a dead process left half-written, and that alone', async () => {
    await mkdir(join(root, '.tmp'));
    // No process has this id: the kernel's largest is 2^22.
    await writeFile(join(root, '.tmp', `${2 ** 22 + 1}-ab-0`), 'half');
    await writeFile(join(root, '.tmp', `${process.pid}-00-0`), 'of an earlier process of the same id');
    await writeFile(join(root, '.tmp', `${process.ppid}-ab-0`), 'of one that lives');
    await createNodeDisk(root);
    expect(await readdir(join(root, '.tmp'))).toEqual([`${process.ppid}-ab-0`]);
  });

  it.each([
    ['EROFS', /read-only/],
    ['EACCES', /not readable and writable/],
    ['EDQUOT', /quota/],
    ['EMFILE', /too many files/],
  ])('tells %s in words', (code, words) => {
    const error = storageFailure(Object.assign(new Error('raw'), { code }), 'write', '/data/x');
    expect(error).toEqual(expect.objectContaining({ code: 'storage_failed', details: { path: '/data/x', reason: code } }));
    expect(error.message).toMatch(words);
    expect(error.message).toContain('cannot write /data/x: ');
  });

  it('passes on what has no code', () => {
    expect(storageFailure(new Error('odd'), 'write', '/x').message).toBe('cannot write /x: odd');
    expect(storageFailure('text', 'write', '/x').message).toBe('cannot write /x: text');
  });
});

it('does not hang where a parent takes no folders', async () => {
  // Node's own recursive mkdir never returns here.
  await expect(createNodeDisk('/proc/nope/deeper')).rejects.toMatchObject({ code: 'storage_failed' });
});
