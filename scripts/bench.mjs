/** `npm run --silent bench -- NAME`: sets up what is missing, then the benchmark. */
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
const { runBenchmarks } = await import('../dist/simulations/benchmarks/main.js');
process.exitCode = await runBenchmarks(process.argv.slice(2));
