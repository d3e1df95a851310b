/** Where the worker's file is, as Node can run it. */
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export interface WorkerFile {
  readonly url: URL;
  /** Removes what was made for it, if anything. */
  remove(): Promise<void>;
}

/**
 * Built, the worker is the .js file beside this one. Run from the TypeScript sources (tests do),
 * it is bundled first, since a worker of Node 20 loads no TypeScript: into the project's cache
 * folder, so that the packages it imports are found from there.
 */
export async function findWorkerFile(): Promise<WorkerFile> {
  if (!import.meta.url.endsWith('.ts')) return { url: new URL('./evaluation-worker.js', import.meta.url), remove: () => Promise.resolve() };
  const { build } = await import('esbuild');
  const url = new URL(`../../.cache/evaluation-worker-${process.pid}-${serial++}.mjs`, import.meta.url);
  await build({
    entryPoints: [fileURLToPath(new URL('./evaluation-worker.ts', import.meta.url))],
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
