/** A process that something holds whose command is done: `held` says whether something does. */
import { endProcess } from '../../cli/end-process.ts';

if (process.argv[2] === 'held') setInterval(() => undefined, 1_000);
process.stdout.write('done\n');
endProcess(3);
