/** The command line from a checkout: sets up what is missing, then hands over. `npm run --silent murmur -- …` */
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
const { runMurmur } = await import('../dist/cli/main.js');
process.exitCode = await runMurmur(process.argv.slice(2));
