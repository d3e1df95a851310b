/** Bundles the runner of fault seeds out of a tree, mutated or not, so that Node runs it as fast as the product runs. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Runs seeds of the kind of its first argument, from 0 on and so many, until one fails; its last line says how many it took and what was found. */
const SCRIPT = `
import { FEDERATIONS } from './simulations/faults/federation-kind.ts';
import { SWARMS } from './simulations/faults/gossip/swarm-kind.ts';
import { runFaultSeeds } from './simulations/faults/run-seeds.ts';
const [kind, count] = process.argv.slice(2);
const range = { from: 0, to: Number(count) - 1, mostViolations: 1, shrink: false };
const { seeds, failed } = kind === 'swarms' ? await runFaultSeeds(SWARMS, range) : await runFaultSeeds(FEDERATIONS, range);
process.stdout.write(JSON.stringify({ seeds, seed: failed[0]?.seed ?? null, found: failed[0]?.found[0] ?? null }) + '\\n', () => process.exit(0));
`;

/** The platform's files look for what lies beside them: in a bundle, too, they are to find it beside their sources. */
const platformInPlace = {
  name: 'platform-in-place',
  setup(bundle) {
    bundle.onLoad({ filter: /[\\/]shared[\\/]platform[\\/]node[\\/][^\\/]+\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)), loader: 'ts',
    }));
  },
};

/** @returns the bundle's path, in the tree's cache folder. @throws what esbuild says of a tree that does not compile */
export async function bundleFaultSeeds(tree) {
  const path = join(tree, '.cache', 'fault-seeds.mjs');
  await build({
    stdin: { contents: SCRIPT, resolveDir: tree, loader: 'ts', sourcefile: 'fault-seeds.ts' },
    absWorkingDir: tree, outfile: path, bundle: true, platform: 'node', format: 'esm', target: 'node20', conditions: ['source'], packages: 'external', plugins: [platformInPlace], logLevel: 'silent',
  });
  return path;
}
