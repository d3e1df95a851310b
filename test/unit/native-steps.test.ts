/** What the native backend's build remembers, which packages it takes, and how they are found at run time. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installationRoot, loadNativePackage, nativePackages } from '../../shared/platform/node/native-package.ts';

interface Stamp {
  readStamp(folder: string): Record<string, { of: string; files: Record<string, number> }>;
  noteStep(folder: string, step: string, of: string, files: Record<string, number>): Promise<void>;
  isDone(folder: string, step: string, of: string | null): boolean;
}
interface Packages {
  lockClosure(lock: { packages: Record<string, object> }, name: string): Record<string, object>;
}
const script = (name: string): string => new URL(`../../scripts/native-backend/${name}`, import.meta.url).href;
const { readStamp, noteStep, isDone } = (await import(script('stamp.mjs'))) as Stamp;
const { lockClosure } = (await import(script('packages.mjs'))) as Packages;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-native-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const write = async (path: string, text = ''): Promise<void> => {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), text);
};

describe('the stamp', () => {
  it('knows a step as done while it was done of the same and its files are whole', async () => {
    expect(isDone(folder, 'addon', null)).toBe(false);
    await write('lib/addon.node', '12345');
    await noteStep(folder, 'addon', 'ABI 115', { 'lib/addon.node': 5 });
    await noteStep(folder, 'tensorflow', 'a.whl', {});
    expect(isDone(folder, 'addon', 'ABI 115')).toBe(true);
    expect(isDone(folder, 'addon', null)).toBe(true);
    expect(isDone(folder, 'addon', 'ABI 127')).toBe(false);
    await write('lib/addon.node', '1234');
    expect(isDone(folder, 'addon', 'ABI 115')).toBe(false);
    await rm(join(folder, 'lib'), { recursive: true });
    expect(isDone(folder, 'addon', null)).toBe(false);
    expect(isDone(folder, 'tensorflow', 'a.whl')).toBe(true);
    // Written aside and renamed: an interruption leaves the old one or the new one.
    expect(await readdir(folder)).toEqual(['stamp.json']);
  });
  it('is empty where it cannot be read: everything is done again', async () => {
    await write('stamp.json', '{"addon": {"of"');
    expect(readStamp(folder)).toEqual({});
  });
});

describe("a package's part of the lock file", () => {
  it('has what it needs, found as Node finds it, and nothing else', () => {
    const lock = {
      packages: {
        '': { dependencies: { native: '1' } },
        'node_modules/native': { version: '1', dependencies: { a: '1', b: '2' } },
        'node_modules/a': { version: '1', dependencies: { b: '1', c: '1' } },
        'node_modules/a/node_modules/b': { version: '1', dependencies: { c: '1' } },
        'node_modules/b': { version: '2', peerDependencies: { other: '1' } },
        'node_modules/c': { version: '1', dependencies: { a: '1', absent: '1' } },
        'node_modules/other': { version: '1' },
      },
    };
    const closure = lockClosure(lock, 'native');
    expect(Object.keys(closure)).toEqual(['node_modules/a', 'node_modules/a/node_modules/b', 'node_modules/b', 'node_modules/c', 'node_modules/native']);
    expect(closure['node_modules/b']).toEqual({ version: '2', peerDependencies: { other: '1' } });
    expect(lockClosure(lock, 'nothing')).toEqual({});
  });
});

describe('the loader', () => {
  const moduleUrl = (path: string): string => pathToFileURL(join(folder, path)).href;
  const addon = 'lib/napi-v8/tfjs_binding.node';

  it('finds what was built at the root of the installation, from the sources and from dist', async () => {
    await write('package.json', '{"name": "murmuration"}');
    await write(`.native/node_modules/@tensorflow/tfjs-node/${addon}`);
    for (const path of ['shared/platform/node/backends.ts', 'dist/shared/platform/node/backends.js']) {
      expect(installationRoot(moduleUrl(path))).toBe(folder);
      expect(nativePackages(moduleUrl(path))).toEqual([join(folder, '.native/node_modules/@tensorflow/tfjs-node')]);
    }
  });
  it('takes the installed package first, where its addon lies in it', async () => {
    await write('package.json', '{"name": "murmuration"}');
    await write('.native/node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node');
    await write('node_modules/@tensorflow/tfjs-node/package.json', '{}');
    const from = moduleUrl('shared/platform/node/backends.ts');
    expect(nativePackages(from)).toEqual([join(folder, '.native/node_modules/@tensorflow/tfjs-node')]);
    await write('node_modules/@tensorflow/tfjs-node/lib/napi-v3/tfjs_binding.node');
    expect(nativePackages(from)[0]).toBe(join(folder, 'node_modules/@tensorflow/tfjs-node'));
  });
  it('says how to get it where it is nowhere', () => {
    expect(() => loadNativePackage(moduleUrl('bundle.js'))).toThrow(expect.objectContaining({ code: 'backend_failed', message: expect.stringMatching(/@tensorflow\/tfjs-node is not installed.*`npm run native`/) as string }));
  });
  it('finds nothing that lies in a folder of somebody else', async () => {
    await write('package.json', '{"name": "somebody-else"}');
    await write(`.native/node_modules/@tensorflow/tfjs-node/${addon}`);
    expect(installationRoot(moduleUrl('bundle.js'))).toBeNull();
    expect(nativePackages(moduleUrl('bundle.js'))).toEqual([]);
  });
});
