/** Thousands of federations in which everything that can break does: every round ends, what was acknowledged is in, nothing counts twice, nothing is left. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayCommand } from '../../simulations/faults/command.ts';
import { FEDERATIONS } from '../../simulations/faults/federation-kind.ts';
import type { FaultSeedsResult } from '../../simulations/faults/run-seeds.ts';
import { bundleScript, type BundledScript } from '../helpers/bundle-script.ts';

/** `FAULT_SEEDS=17` runs one seed, `FAULT_SEEDS=0..99999` many. */
const [first, last] = (process.env.FAULT_SEEDS ?? '0..9999').split('..').map(Number);

let script: BundledScript;
beforeAll(async () => {
  script = await bundleScript(new URL('../helpers/fault-seeds-process.ts', import.meta.url));
});
afterAll(() => script.remove());

describe('federations in which everything breaks', () => {
  it('end every round, keep what they acknowledged, count nothing twice and leave nothing behind', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--enable-source-maps', script.path, String(first), String(last ?? first), 'federations'], { maxBuffer: 1 << 28 });
    const result = JSON.parse(stdout) as FaultSeedsResult;
    expect(result.failed.map(({ seed, found, schedule }) => ({ replay: replayCommand(FEDERATIONS, seed), found, schedule }))).toEqual([]);
    // Runs in which little broke would prove little.
    if (last === undefined) return;
    const runs = last - first + 1;
    expect(result.seeds).toBe(runs);
    const { counts, struck } = result;
    if (process.env.FAULT_REPORT) console.log({ ...result, struck: Object.fromEntries(Object.entries(struck).sort()) });
    expect(counts.committed).toBeGreaterThan(1.5 * runs);
    expect(counts.aborted).toBeGreaterThan(runs / 10);
    expect(counts.acknowledged).toBeGreaterThan(2 * runs);
    const often = { 'crash power': 0.15, 'crash kill': 0.15, 'message drop': 0.05, 'message duplicate': 0.05, 'message delay': 0.05, 'message corrupt': 0.05, 'message cut': 0.05, repeat: 0.03, 'cut-link': 0.1, vanish: 0.1, 'edge-crash': 0.1, leave: 0.05, resumed: 0.1, nonsense: 0.03, 'stopped by itself': 0.03, 'disk-full': 0.03, store: 0.03, impostor: 0.02, 'skewed coordinator': 0.02, 'skewed edge': 0.02, 'set-clock': 0.02, 'taken over': 0.005, paused: 0.005 };
    for (const [name, share] of Object.entries(often)) expect(struck[name] ?? 0, name).toBeGreaterThan(share * runs);
    const kinds = (beginning: string): number => Object.keys(struck).filter((name) => name.startsWith(beginning)).length;
    // Where the coordinator died: the steps of its disk and the points of a round, by phase.
    expect(kinds('crash at ')).toBeGreaterThan(40);
    expect(kinds('disk ')).toBeGreaterThanOrEqual(10);
  }, 900_000);
});
