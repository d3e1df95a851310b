/** `npm start`: sets up what is missing, then the demo. */
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
const setUpAt = performance.now();
const { runDemo } = await import('../dist/cli/demo.js');
process.exitCode = await runDemo(process.argv.slice(2), setUpAt);
