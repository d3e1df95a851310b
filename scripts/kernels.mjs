/**
 * Compiles the kernels (shared/kernels/assembly) into shared/kernels/murmuration.wasm, which is committed.
 *
 *     node scripts/kernels.mjs            writes the module
 *     node scripts/kernels.mjs --check    says whether the committed one is what the sources give
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { lastLines, runCommand } from './setup/run-command.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SOURCE = 'shared/kernels/assembly/index.ts';
export const KERNELS = 'shared/kernels/murmuration.wasm';

/** No runtime and no memory of its own: the module runs inside whatever memory it is given. */
const OPTIONS = ['--runtime', 'stub', '--importMemory', '--initialMemory', '1', '--enable', 'simd', '-O3', '--converge', '--noAssert', '--use', 'abort='];

/** @returns {Promise<Buffer>} the module that the sources give */
export async function compileKernels() {
  const folder = await mkdtemp(join(tmpdir(), 'murmuration-kernels-'));
  try {
    const out = join(folder, 'kernels.wasm');
    const { code, output } = await runCommand(process.execPath, [join(ROOT, 'node_modules/assemblyscript/bin/asc.js'), SOURCE, ...OPTIONS, '-o', out], { cwd: ROOT });
    if (code !== 0) throw new Error(`the kernels do not compile:\n${lastLines(output, 60)}`);
    return await readFile(out);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const args = process.argv.slice(2);
  if (args.some((arg) => arg !== '--check')) {
    console.error('npm run kernels [-- --check]\n\nCompiles the kernels; with --check it writes nothing, and says whether the committed module is what the sources give.');
    process.exit(args.includes('--help') || args.includes('-h') ? 0 : 2);
  }
  const path = join(ROOT, KERNELS);
  const [compiled, committed] = await Promise.all([compileKernels(), readFile(path).catch(() => Buffer.alloc(0))]);
  if (compiled.equals(committed)) {
    console.log(`${KERNELS} is what its sources give: ${compiled.length} bytes`);
  } else if (args.includes('--check')) {
    console.error(`${KERNELS} is not what its sources give. Run \`npm run kernels\` and commit the result.`);
    process.exitCode = 1;
  } else {
    await writeFile(path, compiled);
    console.log(`${KERNELS}: ${compiled.length} bytes, written anew`);
  }
}
