/** Bundles one of the tests' scripts, so that Node runs it in a process of its own: Node 20 loads no TypeScript. */
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

let serial = 0;

export interface BundledScript {
  readonly path: string;
  remove(): Promise<void>;
}

/** @param script its URL. The bundle lies in the project's cache folder, so that the packages it imports are found from there. */
export async function bundleScript(script: URL): Promise<BundledScript> {
  const name = basename(script.pathname, '.ts');
  const path = fileURLToPath(new URL(`../../.cache/${name}-${process.pid}-${serial++}.mjs`, import.meta.url));
  await build({ entryPoints: [fileURLToPath(script)], outfile: path, bundle: true, platform: 'node', format: 'esm', target: 'node20', conditions: ['source'], packages: 'external', logLevel: 'silent' });
  return { path, remove: () => rm(path, { force: true }) };
}
