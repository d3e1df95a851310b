/**
 * `npm start`: sets up what is missing, then the demo. package.json runs it by `exec`: a shell that
 * stayed between npm and this process would keep a SIGINT that npm hands on, and die of a SIGTERM alone.
 */
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
const setUpAt = performance.now();
const { runDemo } = await import('../dist/cli/demo.js');
process.exitCode = await runDemo(process.argv.slice(2), setUpAt);
