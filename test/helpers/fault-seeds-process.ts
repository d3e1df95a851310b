/** Runs fault seeds in a process of its own, from bundled code: the tests' transformation would slow it down several times. */
import { FEDERATIONS } from '../../simulations/faults/federation-kind.ts';
import { SWARMS } from '../../simulations/faults/gossip/swarm-kind.ts';
import { runFaultSeeds } from '../../simulations/faults/run-seeds.ts';

const [from, to, kind] = process.argv.slice(2);
const range = { from: Number(from), to: Number(to), mostViolations: 3 };
const result = kind === 'swarms' ? await runFaultSeeds(SWARMS, range) : await runFaultSeeds(FEDERATIONS, range);
process.stdout.write(JSON.stringify(result));
