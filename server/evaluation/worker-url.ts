/** Where a worker's file is, as Node can run it. */
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface WorkerFile {
  readonly url: URL;
  /** Removes what was made for it, if anything. */
  remove(): Promise<void>;
}

/**
 * Built, a worker is the .js file in the place of its source. Run from the TypeScript sources (tests do),
 * it is bundled first, since a worker of Node 20 loads no TypeScript: into the project's cache
 * folder, so that the packages it imports are found from there.
 * @param source the .ts file, by `new URL('./my-worker.ts', import.meta.url)`
 */
export async function findWorkerFile(source: URL): Promise<WorkerFile> {
  if (!import.meta.url.endsWith('.ts')) return { url: new URL(source.href.replace(/\.ts$/, '.js')), remove: () => Promise.resolve() };
  const { build } = await import('esbuild');
  const number = serial++;
  const url = new URL(`../../.cache/workers/bundles/${basename(source.pathname, '.ts')}-${process.pid}-${number}.mjs`, import.meta.url);
  await layKernelsBeside(url, `${process.pid}-${number}`);
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile: fileURLToPath(url),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['source'],
    packages: 'external',
    logLevel: 'silent',
  });
  return { url, remove: () => rm(url, { force: true }) };
}

let serial = 0;

/** The bundle looks for the kernels' module where its own source would: two folders up. */
async function layKernelsBeside(bundle: URL, unique: string): Promise<void> {
  const folder = new URL('../../kernels/', bundle);
  await mkdir(folder, { recursive: true });
  const temporary = new URL(`${unique}.tmp`, folder);
  await copyFile(new URL('../../shared/kernels/murmuration.wasm', import.meta.url), temporary);
  await rename(temporary, new URL('murmuration.wasm', folder));
}
