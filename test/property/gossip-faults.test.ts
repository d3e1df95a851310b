/** Many swarms in which everything breaks that can break: peers go on, leave nobody among their neighbours who is dead, find together again, and leave nothing behind. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayCommand } from '../../simulations/faults/command.ts';
import { SWARMS } from '../../simulations/faults/gossip/swarm-kind.ts';
import type { FaultSeedsResult } from '../../simulations/faults/run-seeds.ts';
import { bundleScript, type BundledScript } from '../helpers/bundle-script.ts';

/** `GOSSIP_FAULT_SEEDS=17` runs one seed, `GOSSIP_FAULT_SEEDS=0..99999` many. */
const [first, last] = (process.env.GOSSIP_FAULT_SEEDS ?? '0..499').split('..').map(Number);

let script: BundledScript;
beforeAll(async () => {
  script = await bundleScript(new URL('../helpers/fault-seeds-process.ts', import.meta.url));
});
afterAll(() => script.remove());

describe('swarms in which everything breaks', () => {
  it('go on learning, let go of the dead, find together again and leave nothing behind', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--enable-source-maps', script.path, String(first), String(last ?? first), 'swarms'], { maxBuffer: 1 << 28 });
    const result = JSON.parse(stdout) as FaultSeedsResult;
    expect(result.failed.map(({ seed, found, schedule }) => ({ replay: replayCommand(SWARMS, seed), found, schedule }))).toEqual([]);
    // Runs in which little broke would prove little.
    if (last === undefined) return;
    const runs = last - first + 1;
    expect(result.seeds).toBe(runs);
    const { counts, struck } = result;
    if (process.env.FAULT_REPORT) console.log({ ...result, struck: Object.fromEntries(Object.entries(struck).sort()) });
    expect(counts.rounds).toBeGreaterThan(12 * runs);
    expect(counts.merged).toBeGreaterThan(12 * runs);
    expect(counts.groups).toBeGreaterThan(2 * runs);
    const often = { vanish: 0.3, leave: 0.15, suspend: 0.08, stall: 0.2, break: 0.2, delay: 0.1, garbage: 0.12, partition: 0.1, rendezvous: 0.1, 'rendezvous-hangs': 0.05, nonsense: 0.02, hang: 0.03, skew: 0.05, liar: 0.1, shunned: 0.2, 'ended by itself': 0.02, 'message break': 0.1, 'message head': 0.03, 'message noise': 0.03, 'message short': 0.03 };
    for (const [name, share] of Object.entries(often)) expect(struck[name] ?? 0, name).toBeGreaterThan(share * runs);
  }, 900_000);
});
