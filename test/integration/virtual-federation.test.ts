import { afterEach, describe, expect, it } from 'vitest';
import { keyPairOf } from '#platform/crypto';
import { createRandom } from '../../shared/random.ts';
import { asTaskId } from '../../shared/ids.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { settledIn } from '../../simulations/virtual-clock.ts';
import { createVirtualFederation, toySpec, type VirtualFederation } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
let federation: VirtualFederation | null = null;

afterEach(async () => {
  await federation?.stop();
  federation = null;
});

async function weightsOf(from: VirtualFederation, version: number): Promise<number[]> {
  const record = await from.store.getVersion(LINE, version);
  if (!record) throw new Error(`no version ${version}`);
  return [...decodeCheckpoint(await from.blobs.get(record.checkpoint)).parameters.values];
}

describe('a federation in memory', () => {
  it('commits the example-weighted mean of its edges’ deltas', async () => {
    federation = await createVirtualFederation();
    await federation.coordinator.start();
    await federation.coordinator.createTask(toySpec());
    await federation.coordinator.startTask(LINE);
    // One example (1, 1): at [0, 0] the gradient is [−2, −2], so the delta is [0.2, 0.2].
    federation.addEdge({ examples: [[1, 1]] });
    // Three examples (2, 0): the gradient is [0, 0] where the line is right already.
    federation.addEdge({ examples: [[2, 0], [2, 0], [2, 0]] });
    await federation.untilRounds(1);
    expect(federation.rounds[0]).toMatchObject({ round: 1, outcome: 'committed', version: 1, selected: 2, reported: 2 });
    const [a, b] = await weightsOf(federation, 1);
    // (1 · 0.2 + 3 · 0) / 4; an unweighted mean would give 0.1.
    expect(a).toBeCloseTo(0.05, 7);
    expect(b).toBeCloseTo(0.05, 7);
    const participations = await federation.store.listParticipations(LINE, 1);
    expect(participations.map(({ status, examples }) => [status, examples]).sort()).toEqual([['reported', 1], ['reported', 3]]);
  });

  it('has as many rounds as its task says, whatever models it adopts between them', async () => {
    const on = await createVirtualFederation();
    federation = on;
    const modelOf = (a: number): Uint8Array => encodeCheckpoint(createParameters(TOY_LAYOUT, Float32Array.of(a, 0)));
    await on.coordinator.start();
    await on.coordinator.createTask(toySpec({ stop: { rounds: 3 } }));
    await on.coordinator.adopt(LINE, modelOf(1), 'before the first round');
    await on.coordinator.startTask(LINE);
    for (const y of [1, 2]) on.addEdge({ examples: [[1, y]] });
    await on.untilRounds(1);
    await settledIn(on.clock, on.coordinator.stopTask(LINE, 'a pause'));
    for (const a of [2, 3]) await settledIn(on.clock, on.coordinator.adopt(LINE, modelOf(a), 'between rounds'));
    await on.coordinator.startTask(LINE);
    await on.clock.runUntil(() => on.rounds.filter(({ outcome }) => outcome === 'committed').length === 3);
    expect(await on.store.totals(LINE)).toMatchObject({ committed: 3 });
    await on.clock.runUntil(() => on.coordinator.drivers().length === 0);
    expect(await on.store.getTask(LINE)).toMatchObject({ status: 'finished', statusReason: '3 rounds are committed' });
    expect((await on.store.listVersions(LINE, { limit: 9 })).map(({ version, origin }) => [version, origin ?? 'a round'])).toEqual([[5, 'a round'], [4, 'a round'], [3, 'between rounds'], [2, 'between rounds'], [1, 'a round'], [0, 'before the first round']]);
  });

  it('drives a round of 1,000 edges, the same for the same seed', async () => {
    const run = async (): Promise<{ digest: string; round: unknown; virtualMs: number }> => {
      // The draw goes by edges' ids, and those by their keys.
      const keys = createRandom(7);
      const many = await createVirtualFederation({ seed: 7, keys: () => keyPairOf(Uint8Array.from({ length: 32 }, () => keys.int(256))) });
      try {
        await many.coordinator.start();
        await many.coordinator.createTask(toySpec({ round: { goal: 700, minimum: 600, overSelection: 1.2, selectionSeconds: 1 }, stop: { rounds: 1 } }));
        await many.coordinator.startTask(LINE);
        for (let i = 0; i < 1000; i++) many.addEdge({ examples: [[i % 10, (i % 7) / 7]], trainingMs: 50 + (i % 97) });
        await many.untilRounds(1);
        const version = await many.store.latestVersion(LINE);
        return { digest: version?.checkpoint ?? '', round: many.rounds, virtualMs: many.clock.now() };
      } finally {
        await many.stop();
      }
    };
    const [one, two] = [await run(), await run()];
    expect(one.round).toMatchObject([
      { round: 1, outcome: 'committed', selected: 840, reported: 700 },
    ]);
    expect(two).toEqual(one);
  }, 180_000);
});
