/** The command line from a checkout: sets up what is missing, then hands over. `npm run --silent murmur -- …` */
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
const [{ runMurmur }, { endProcess }] = await Promise.all([import('../dist/cli/main.js'), import('../dist/cli/end-process.js')]);
endProcess(await runMurmur(process.argv.slice(2)));
