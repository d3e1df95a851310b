/** Hundreds of federations in which everything that can break does: every round ends, what was acknowledged is in, nothing counts twice. */
import { describe, expect, it } from 'vitest';
import { runFaults } from '../helpers/chaos-federation.ts';

/** `FAULT_SEEDS=17` runs one seed, `FAULT_SEEDS=0..5000` many. */
const [first, last] = (process.env.FAULT_SEEDS ?? '0..199').split('..').map(Number);

describe('a federation in which everything breaks', () => {
  it('ends every round, keeps what it acknowledged and counts nothing twice', async () => {
    const seen = { committed: 0, aborted: 0, resumed: 0, repeats: 0, acknowledged: 0 };
    const deaths = new Map<string, number>();
    const findings: string[] = [];
    // A few findings are enough to look into.
    for (let seed = first; seed <= (last ?? first) && findings.length < 10; seed++) {
      const run = await runFaults(seed);
      for (const violation of run.violations) findings.push(`seed ${seed}: ${violation}`);
      for (const key of ['committed', 'aborted', 'resumed', 'repeats', 'acknowledged'] as const) seen[key] += run[key];
      for (const death of run.deaths) deaths.set(death, (deaths.get(death) ?? 0) + 1);
    }
    if (process.env.FAULT_REPORT) console.log(seen, Object.fromEntries([...deaths].sort()));
    expect(findings).toEqual([]);
    // Runs in which little broke would prove little.
    if (last === undefined) return;
    const runs = last - first + 1;
    expect(seen.committed).toBe(3 * runs);
    expect(seen.resumed).toBeGreaterThan(runs);
    expect(seen.repeats).toBeGreaterThan(runs);
    expect(seen.aborted).toBeGreaterThan(runs / 10);
    expect(deaths.size).toBeGreaterThan(20);
  }, 300_000);
});
