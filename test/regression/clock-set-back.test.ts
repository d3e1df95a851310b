/** A wall clock that is set back under a round: its deadline must not be as much later. */
import { expect, it } from 'vitest';
import { asTaskId } from '../../shared/ids.ts';
import { createVirtualClock, type VirtualClock } from '../../simulations/virtual-clock.ts';
import { openHandEdge } from '../helpers/hand-edge.ts';
import { createVirtualFederation, toySpec } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
const HOUR_MS = 3_600_000;

it('ends a round within twice its time though the clock was set back by an hour', async () => {
  const exact = createVirtualClock(10 * HOUR_MS);
  let setBackMs = 0;
  const clock: VirtualClock = {
    now: () => exact.now() - setBackMs,
    after: (delayMs, callback) => exact.after(delayMs, callback),
    runUntil: (done) => exact.runUntil(done),
    work: (durationMs, real, signal) => exact.work(durationMs, real, signal),
    get pending() {
      return exact.pending;
    },
  };
  const on = await createVirtualFederation({ clock });
  try {
    await on.coordinator.start();
    await on.coordinator.createTask(toySpec({ round: { goal: 2, minimum: 1, selectionSeconds: 5, configurationSeconds: 20, reportingSeconds: 60, retryLongestSeconds: 60 } }));
    await on.coordinator.startTask(LINE);
    const opened = openHandEdge(on.connect(), { token: 'enrol' }).then((edge) => edge.checkIn(LINE, 1));
    // One edge is enough to begin with, and never reports.
    await on.clock.runUntil(() => on.coordinator.driver(LINE).state().phase === 'configuration');
    await opened;
    const began = exact.now();
    setBackMs = HOUR_MS;
    // A second edge arrives, so that every timer is set anew by the clock as it is now.
    void openHandEdge(on.connect(), { token: 'enrol' }).then((edge) => edge.checkIn(LINE, 1));
    await on.untilRounds(1);
    expect(on.rounds[0]).toMatchObject({ outcome: 'aborted', reason: '0 of the 1 reports that are needed can still come' });
    expect(exact.now() - began).toBeLessThanOrEqual(2 * 80_000);
  } finally {
    await on.stop();
  }
});
