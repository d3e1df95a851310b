/** What the native backend's build asks of a machine. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly glibc: string | undefined;
  readonly node: string;
}
interface Requirements {
  checkPlatform(machine: Machine): { readonly wheel: string };
  atLeast(a: string, b: string): boolean;
  findCompiler(env: Record<string, string>): Promise<string>;
  findHeaders(options: { env: Record<string, string>; prefix: string | null; home: string; version: string }): string;
  findPython(options: { withPip: boolean; env: Record<string, string> }): Promise<string>;
  checkRoom(folder: string, needed: number): void;
}
// The scripts run before there is a compiler: plain JavaScript, without types.
const { checkPlatform, atLeast, findCompiler, findHeaders, findPython, checkRoom } = (await import(new URL('../../scripts/native-backend/requirements.mjs', import.meta.url).href)) as Requirements;

const linux: Machine = { platform: 'linux', arch: 'x64', glibc: '2.36', node: '20.15.0' };

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-native-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the platform', () => {
  it('decides which wheel it is', () => {
    expect(checkPlatform(linux)).toEqual({ wheel: 'tensorflow-cpu' });
    expect(checkPlatform({ ...linux, arch: 'arm64', node: '24.1.0' })).toEqual({ wheel: 'tensorflow' });
  });
  it.each([
    ['another system', { ...linux, platform: 'darwin', glibc: undefined }, 'this is darwin'],
    ['another processor', { ...linux, arch: 'riscv64' }, 'no wheel for riscv64'],
    ['another C library', { ...linux, glibc: undefined }, 'GNU C library'],
    ['a Node that is too old', { ...linux, node: '20.14.9' }, 'This is Node 20.14.9'],
    ['a much older Node', { ...linux, node: '18.20.1' }, 'needs 20.15 or later'],
  ])('is refused where it is %s', (_, machine, message) => {
    expect(() => checkPlatform(machine)).toThrow(expect.objectContaining({ name: 'NotHere', message: expect.stringContaining(message) as string }));
  });
  it('compares versions by number', () => {
    expect([atLeast('2.36', '2.27'), atLeast('2.9', '2.27'), atLeast('3.0', '2.27'), atLeast('2.27', '2.27'), atLeast('1.99', '2.0')]).toEqual([true, false, true, true, false]);
  });
});

describe('the headers of Node', () => {
  const headersIn = async (place: string): Promise<string> => {
    const include = join(folder, place, 'include/node');
    await mkdir(include, { recursive: true });
    await writeFile(join(include, 'node_api.h'), '');
    return include;
  };
  const find = (env: Record<string, string> = {}, prefix: string | null = null): string => findHeaders({ env, prefix, home: join(folder, 'home'), version: '20.20.2' });

  it("are those that npm's nodedir names, then those beside node, then those in node-gyp's cache, this version's first", async () => {
    const older = await headersIn('home/.cache/node-gyp/18.0.0');
    expect(find()).toBe(older);
    const same = await headersIn('home/.cache/node-gyp/20.20.2');
    expect(find()).toBe(same);
    const beside = await headersIn('usr');
    expect(find({}, join(folder, 'usr'))).toBe(beside);
    const named = await headersIn('named');
    expect(find({ npm_config_nodedir: join(folder, 'named') }, join(folder, 'usr'))).toBe(named);
    // A folder that has none is passed over.
    expect(find({ npm_config_nodedir: join(folder, 'nothing') }, join(folder, 'usr'))).toBe(beside);
  });
  it('are missed with what to do', () => {
    expect(() => find({ npm_config_nodedir: '/nothing/there' })).toThrow(/headers of Node are nowhere.*or in \/nothing\/there.*\n.*npm_config_nodedir=/s);
  });
});

describe('programs and room', () => {
  it('are missed with what to do', async () => {
    await expect(findCompiler({ CXX: '/nothing/c++' })).rejects.toMatchObject({ name: 'NotHere', message: expect.stringMatching(/no C\+\+ compiler: \/nothing\/c\+\+ cannot be started.*\n.*apt-get install g\+\+/s) as string });
    await expect(findPython({ withPip: true, env: { PYTHON: '/nothing/python' } })).rejects.toMatchObject({ name: 'NotHere', message: expect.stringMatching(/There is no Python 3.*\n.*PYTHON=/s) as string });
    expect(() => checkRoom(folder, 1e18)).toThrow(expect.objectContaining({ name: 'NotHere', message: expect.stringContaining('GB left') as string }));
    expect(() => checkRoom(folder, 1)).not.toThrow();
  });
  it('tell a Python without pip from none', async () => {
    // It answers everything with success but pip.
    const python = join(folder, 'python');
    await writeFile(python, '#!/bin/sh\n[ "$1" != -m ]\n', { mode: 0o755 });
    expect(await findPython({ withPip: false, env: { PYTHON: python } })).toBe(python);
    await expect(findPython({ withPip: true, env: { PYTHON: python } })).rejects.toMatchObject({ message: expect.stringMatching(/without pip.*\n.*--wheel FILE/s) as string });
  });
});
