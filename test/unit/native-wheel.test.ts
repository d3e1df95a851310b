/** Getting TensorFlow's wheel and taking it apart, tried with one of a few bytes. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

interface PipConfig {
  readonly extraIndexes: readonly string[];
  readonly findLinks: readonly string[];
}
interface Wheel {
  parsePipConfig(text: string): PipConfig;
  downloadAttempts(name: string, config: PipConfig, version?: string): readonly { readonly where: string; readonly args: readonly string[] }[];
  checkWheelName(file: string, machine: { arch: string; glibc: string }): { readonly name: string; readonly version: string; readonly platform: string };
  downloadWheel(options: { python: string; name: string; folder: string; say: (line: string) => void }): Promise<string>;
}
const { parsePipConfig, downloadAttempts, checkWheelName, downloadWheel } = (await import(new URL('../../scripts/native-backend/wheel.mjs', import.meta.url).href)) as Wheel;
const UNPACK = new URL('../../scripts/native-backend/unpack_wheel.py', import.meta.url).pathname;
const hasPython = spawnSync('python3', ['-m', 'pip', '--version']).status === 0;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-wheel-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

describe("pip's configuration", () => {
  it('names further indexes and places, from files and from the environment, each once', () => {
    const text = ["global.cert='/etc/ca.pem'", "global.extra-index-url='https://a.example/simple https://b.example/simple'", ":env:.find-links='/opt/wheels'", "global.find-links='\\n/opt/wheels\\n/mnt/wheels'", "download.extra-index-url=\"https://b.example/simple\"", "freeze.find-links='/elsewhere'"].join('\n');
    expect(parsePipConfig(text)).toEqual({ extraIndexes: ['https://a.example/simple', 'https://b.example/simple'], findLinks: ['/opt/wheels', '/mnt/wheels'] });
  });
  it('may be empty', () => expect(parsePipConfig('')).toEqual({ extraIndexes: [], findLinks: [] }));

  it('is asked as it is first, then each place alone, then for other Pythons, then for other versions', () => {
    const places = { extraIndexes: ['https://me:secret@a.example/simple'], findLinks: ['/w'] };
    const attempts = downloadAttempts('tensorflow-cpu', places);
    expect(attempts.slice(0, 4)).toEqual([
      { where: 'the configured index', args: ['tensorflow-cpu==2.21.0'] },
      { where: 'https://…@a.example/simple', args: ['--index-url', 'https://me:secret@a.example/simple', 'tensorflow-cpu==2.21.0'] },
      { where: '/w', args: ['--no-index', '--find-links', '/w', 'tensorflow-cpu==2.21.0'] },
      { where: 'the configured index, for Python 3.12', args: ['--python-version', '3.12', 'tensorflow-cpu==2.21.0'] },
    ]);
    expect(attempts).toContainEqual({ where: '/w, in any version', args: ['--no-index', '--find-links', '/w', 'tensorflow-cpu'] });
    expect(attempts.at(-1)).toEqual({ where: '/w, in any version, for Python 3.11', args: ['--no-index', '--find-links', '/w', '--python-version', '3.11', 'tensorflow-cpu'] });
    const named = downloadAttempts('tensorflow-cpu', places, '2.20.0');
    expect(named).toHaveLength(9);
    expect(named.every(({ args }) => args.at(-1) === 'tensorflow-cpu==2.20.0')).toBe(true);
    expect(attempts.some(({ where }) => where.includes('secret'))).toBe(false);
  });
});

describe("a wheel's name", () => {
  const here = { arch: 'x64', glibc: '2.36' };
  it('tells what it is, whatever Python it is for', () => {
    expect(checkWheelName('/some/where/tensorflow_cpu-2.21.0-cp313-cp313-manylinux_2_27_x86_64.whl', here)).toEqual({ name: 'tensorflow_cpu', version: '2.21.0', platform: 'manylinux_2_27_x86_64' });
    expect(checkWheelName('tensorflow-2.16.1-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl', here)).toMatchObject({ name: 'tensorflow', version: '2.16.1' });
    expect(checkWheelName('tensorflow-2.21.0-cp311-cp311-manylinux_2_27_aarch64.whl', { ...here, arch: 'arm64' })).toMatchObject({ version: '2.21.0' });
  });
  it.each([
    ['tensorflow.tar.gz', /not named as a wheel/],
    ['torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl', /a wheel of torch, not of TensorFlow/],
    ['tensorflow-2.21.0-cp311-cp311-macosx_12_0_arm64.whl', /is for macosx_12_0_arm64; this is Linux on x86_64/],
    ['tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_aarch64.whl', /this is Linux on x86_64/],
    ['tensorflow_cpu-2.99.0-cp311-cp311-manylinux_2_39_x86_64.whl', /needs the GNU C library 2.39; here is 2.36/],
  ])('refuses %s', (name, message) => {
    expect(() => checkWheelName(name, here)).toThrow(expect.objectContaining({ name: 'NotHere', message: expect.stringMatching(message) as string }));
  });
});

/** Writes a wheel of these members. */
function packWheel(path: string, members: Readonly<Record<string, string>>): void {
  execFileSync('python3', ['-c', 'import json, sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:\n  for n, t in json.loads(sys.argv[2]).items(): z.writestr(n, t)', path, JSON.stringify(members)]);
}

const LIBRARIES = { 'tensorflow/libtensorflow_cc.so.2': 'library', 'tensorflow/libtensorflow_framework.so.2': 'framework' };
const WHEEL = {
  ...LIBRARIES,
  'tensorflow/include/tensorflow/c/eager/c_api.h': '#include "tensorflow/c/c_api.h"\n  #  include <stdint.h>\n',
  'tensorflow/include/tensorflow/c/c_api.h': '#include "tensorflow/c/eager/c_api.h"\n#include <xla/status.h>\n',
  'tensorflow/include/xla/status.h': '',
  'tensorflow/include/unused.h': '#include "xla/other.h"\n',
  'tensorflow/python/big.so': 'not wanted',
};

describe.skipIf(!hasPython)('unpacking', () => {
  const unpack = async (wheel: string): Promise<{ status: number | null; stdout: string; stderr: string }> => {
    await writeFile(join(folder, 'binding.cc'), '#include <node_api.h>\n#include "tensorflow/c/eager/c_api.h"\n');
    return spawnSync('python3', [UNPACK, wheel, join(folder, 'out'), join(folder, 'binding.cc')], { encoding: 'utf8' });
  };
  const wheel = (): string => join(folder, 'a.whl');

  it('takes the two libraries and the headers that are needed, and nothing else', async () => {
    packWheel(wheel(), WHEEL);
    const { status, stdout } = await unpack(wheel());
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ files: { 'lib/libtensorflow_cc.so.2': 7, 'lib/libtensorflow_framework.so.2': 9 } });
    const files = (await readdir(join(folder, 'out'), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(files.sort()).toEqual(['c_api.h', 'c_api.h', 'libtensorflow_cc.so.2', 'libtensorflow_framework.so.2', 'status.h']);
    expect(await readFile(join(folder, 'out/lib/libtensorflow_cc.so.2'), 'utf8')).toBe('library');
  });

  it('refuses what is no such wheel, is cut off or is damaged', async () => {
    await writeFile(wheel(), 'no archive');
    expect(await unpack(wheel())).toMatchObject({ status: 3, stderr: expect.stringContaining('cannot be read as a wheel') as string });
    packWheel(wheel(), LIBRARIES);
    expect(await unpack(wheel())).toMatchObject({ status: 3, stderr: expect.stringContaining("no headers of TensorFlow's C API") as string });
    packWheel(wheel(), { ...WHEEL, 'tensorflow/libtensorflow_cc.so.2': 'x'.repeat(5000) });
    const bytes = await readFile(wheel());
    await writeFile(wheel(), bytes.subarray(0, bytes.length / 2));
    expect((await unpack(wheel())).status).toBe(3);
    // Stored as it is, so that a changed byte fits the format and the checksum alone can tell.
    execFileSync('python3', ['-c', 'import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "w") as z:\n  [z.writestr(n, t) for n, t in {"tensorflow/libtensorflow_cc.so.2": "a library", "tensorflow/libtensorflow_framework.so.2": "f", "tensorflow/include/tensorflow/c/eager/c_api.h": ""}.items()]', wheel()]);
    const stored = await readFile(wheel());
    stored[stored.indexOf('a library')] ^= 1;
    await writeFile(wheel(), stored);
    expect(await unpack(wheel())).toMatchObject({ status: 3, stderr: expect.stringContaining('is damaged') as string });
  });
});

describe.skipIf(!hasPython)('downloading', () => {
  const NAME = 'tensorflow_cpu-2.21.0-py3-none-any.whl';
  const download = (lines: string[] = []): Promise<string> => downloadWheel({ python: 'python3', name: 'tensorflow-cpu', folder: join(folder, 'download'), say: (line) => lines.push(line) });
  beforeEach(async () => {
    await mkdir(join(folder, 'download'));
    await mkdir(join(folder, 'index'));
    vi.stubEnv('PIP_NO_INDEX', '1');
    vi.stubEnv('PIP_CONFIG_FILE', '/dev/null');
    vi.stubEnv('PIP_FIND_LINKS', join(folder, 'index'));
  });

  it('takes the wheel from where pip is told, keeps nothing beside it, and asks nobody where it is there', async () => {
    packWheel(join(folder, 'index', NAME), { 'tensorflow_cpu-2.21.0.dist-info/METADATA': 'Metadata-Version: 2.1\nName: tensorflow-cpu\nVersion: 2.21.0\n', 'tensorflow_cpu-2.21.0.dist-info/WHEEL': 'Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n', 'tensorflow_cpu-2.21.0.dist-info/RECORD': '' });
    const lines: string[] = [];
    expect(await download(lines)).toBe(join(folder, 'download', NAME));
    expect(lines).toEqual(['Asking the configured index: tensorflow-cpu==2.21.0 …']);
    expect(await readdir(join(folder, 'download'))).toEqual([NAME]);
    expect(existsSync(join(folder, 'index', NAME))).toBe(true);
    expect(await download(lines)).toBe(join(folder, 'download', NAME));
    expect(lines).toHaveLength(1);
  });

  it('says whom it asked and what they answered where nobody has it', async () => {
    await expect(download()).rejects.toMatchObject({ name: 'NotHere', message: expect.stringMatching(/No index has a wheel of tensorflow-cpu.*the configured index: .*No matching distribution.*\n.*--wheel FILE/s) as string });
  });
});
