/** `npm run bench -- NAME [--json]`: sets up what is missing, then runs simulations/benchmarks/NAME-bench.ts, which exports `runBenchmark(argv)`. */
import { readdir } from 'node:fs/promises';
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
const folder = new URL('../dist/simulations/benchmarks/', import.meta.url);
const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('-bench.js')).map((name) => name.slice(0, -'-bench.js'.length)).sort();
const [name, ...rest] = process.argv.slice(2).filter((argument) => argument !== '--help');
if (name === undefined || !names.includes(name)) {
  console.error(`${name === undefined ? 'Name a benchmark' : `There is no benchmark ${name}`}: npm run bench -- NAME [--json]. There are: ${names.join(', ') || 'none yet'}.`);
  process.exitCode = 2;
} else {
  const { runBenchmark } = await import(new URL(`${name}-bench.js`, folder).href);
  process.exitCode = await runBenchmark(rest);
}
