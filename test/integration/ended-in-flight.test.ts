/** An assignment that ends while its report is being journaled: the answer is `late`, and a replay after a crash must agree. */
import { describe, expect, it } from 'vitest';
import type { AppendFile, Disk } from '../../server/storage/disk.ts';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import { createSimulatedDisk } from '../../simulations/faults/simulated-disk.ts';
import { asTaskId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { settledIn } from '../../simulations/virtual-clock.ts';
import { openHandEdge, toyReport } from '../helpers/hand-edge.ts';
import { createVirtualFederation, toySpec, type VirtualFederation } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');

/** A disk whose journal syncs wait until the gate is opened. */
function gated(disk: Disk): { disk: Disk; shut(): void; open(): void } {
  let gate: Promise<void> = Promise.resolve();
  let release: () => void = () => undefined;
  const held = (file: AppendFile): AppendFile => ({
    get size() {
      return file.size;
    },
    append: (pieces) => file.append(pieces),
    sync: () => gate.then(() => file.sync()),
    cut: (size) => file.cut(size),
    close: () => file.close(),
  });
  return {
    disk: { ...disk, openAppend: async (path) => held(await disk.openAppend(path)) },
    shut() {
      gate = new Promise((resolve) => {
        release = resolve;
      });
    },
    open: () => release(),
  };
}

const settled = <T>(federation: VirtualFederation, promise: Promise<T>): Promise<T> => settledIn(federation.clock, promise);

describe('an assignment that ends while its report is being journaled', () => {
  it('does not count, live or after a crash', async () => {
    const platter = createSimulatedDisk({ random: createRandom(1).fork('disk') });
    const { disk, shut, open } = gated(platter);
    const store = await openSqliteStore(':memory:');
    const first = await createVirtualFederation({ disk, store });
    await first.coordinator.start();
    await first.coordinator.createTask(toySpec({ round: { goal: 2, minimum: 1, overSelection: 1, selectionSeconds: 5, configurationSeconds: 20, reportingSeconds: 60 } }));
    await first.coordinator.startTask(LINE);
    const hands = [await settled(first, openHandEdge(first.connect(), { token: 'enrol' })), await settled(first, openHandEdge(first.connect(), { token: 'enrol' }))];
    const assigned = Promise.all(hands.map((hand) => hand.nextAssign()));
    for (const hand of hands) await settled(first, hand.checkIn(LINE));
    const [one, two] = await settled(first, assigned);

    shut();
    const answer = hands[0].link.request('report', { assignment: one.assignment, frame: toyReport(one.assignment, [1, 1]) });
    await settled(first, hands[0].link.request('withdraw', { assignment: one.assignment, reason: 'changed its mind' }));
    open();
    expect(await settled(first, answer)).toMatchObject({ outcome: 'late' });

    // The power stays on, the process is gone: what was synced and stored is all there is.
    const second = await createVirtualFederation({ disk: platter.kill(), store });
    await second.coordinator.start();
    const again = await settled(second, openHandEdge(second.connect(), { token: 'enrol', keys: hands[1].keys }));
    await settled(second, again.link.request('report', { assignment: two.assignment, frame: toyReport(two.assignment, [0.25, 0.5]) }));
    await second.untilRounds(1);
    expect(second.rounds[0]).toMatchObject({ round: 1, outcome: 'committed', reported: 1 });
    const version = await store.getVersion(LINE, 1);
    expect([...decodeCheckpoint(await second.blobs.get(version?.checkpoint ?? ('' as never))).parameters.values]).toEqual([0.25, 0.5]);
    expect((await store.listParticipations(LINE, 1)).map(({ status }) => status).sort()).toEqual(['reported', 'withdrawn']);
    await second.stop();
  });

  it('aborts with a reason when the round’s journal cannot be opened, and goes on later', async () => {
    const platter = createSimulatedDisk({ random: createRandom(2).fork('disk') });
    let full = true;
    const disk: Disk = { ...platter, openAppend: (path) => (full ? Promise.reject(new Error('no space left')) : platter.openAppend(path)) };
    const federation = await createVirtualFederation({ disk });
    await federation.coordinator.start();
    await federation.coordinator.createTask(toySpec({ round: { goal: 1, minimum: 1, overSelection: 1, selectionSeconds: 1 } }));
    await federation.coordinator.startTask(LINE);
    federation.addEdge({ examples: [[1, 1]] });
    await federation.untilRounds(1);
    expect(federation.rounds[0]).toMatchObject({ round: 1, outcome: 'aborted', reason: 'the round’s journal cannot be opened: no space left' });
    full = false;
    await federation.untilRounds(2);
    expect(federation.rounds[1]).toMatchObject({ round: 2, outcome: 'committed' });
    await federation.stop();
  });
});
