/** Bundles one of the tests' scripts, so that Node runs it in a process of its own: Node 20 loads no TypeScript. */
import { readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

let serial = 0;

export interface BundledScript {
  readonly path: string;
  remove(): Promise<void>;
}

/** The platform's files look for what lies beside them: in a bundle, too, they are to find it beside their sources. */
export const platformInPlace: Plugin = {
  name: 'platform-in-place',
  setup(bundle) {
    bundle.onLoad({ filter: /[\\/]shared[\\/]platform[\\/]node[\\/][^\\/]+\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)), loader: 'ts',
    }));
  },
};

/** @param script its URL. The bundle lies in the project's cache folder, so that the packages it imports are found from there. */
export async function bundleScript(script: URL): Promise<BundledScript> {
  const name = basename(script.pathname, '.ts');
  const path = fileURLToPath(new URL(`../../.cache/${name}-${process.pid}-${serial++}.mjs`, import.meta.url));
  await build({ entryPoints: [fileURLToPath(script)], outfile: path, bundle: true, platform: 'node', format: 'esm', target: 'node20', conditions: ['source'], packages: 'external', plugins: [platformInPlace], logLevel: 'silent' });
  return { path, remove: () => rm(path, { force: true }) };
}
