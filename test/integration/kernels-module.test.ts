/** The committed module: what its sources give, small, and a guest that leaves its host's memory alone. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readKernelModule } from '#platform/kernel-module';
import { kernelTwins } from '../../shared/kernels/kernels.ts';
import { createKernelMemory } from '../../shared/kernels/memory.ts';

const root = join(import.meta.dirname, '../..');

describe('the kernels’ module', () => {
  it('is what its sources give', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'scripts/kernels.mjs'), '--check'], { cwd: root });
    expect(stdout).toContain('is what its sources give');
  });

  it('is small, exports a function for each twin, and imports nothing but a memory', () => {
    const bytes = readKernelModule();
    expect(bytes.length).toBeLessThan(48 * 1024);
    const module = new WebAssembly.Module(bytes);
    const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'function').map(({ name }) => name);
    expect(functions.sort()).toEqual(Object.keys(kernelTwins(createKernelMemory(1))).sort());
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
  });

  it('writes nothing when it is instantiated', () => {
    const memory = createKernelMemory(1 << 20);
    const bytes = new Uint8Array(memory.buffer).fill(0xa5);
    new WebAssembly.Instance(new WebAssembly.Module(readKernelModule()), { env: { memory } });
    expect(bytes.every((byte) => byte === 0xa5)).toBe(true);
  });
});
