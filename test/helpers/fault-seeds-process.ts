/** Runs fault seeds in a process of its own, from bundled code: the tests' transformation would slow it down several times. */
import { runFaultSeeds } from '../../simulations/faults/run-seeds.ts';

const [from, to, shrink] = process.argv.slice(2);
const result = await runFaultSeeds({ from: Number(from), to: Number(to), shrink: shrink === 'shrink', mostViolations: 3 });
process.stdout.write(JSON.stringify(result));
