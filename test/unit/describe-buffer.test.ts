import { expect, it } from 'vitest';
import { initialState, step } from '../../server/coordinator/machine.ts';
import { liveRound, liveTask } from '../../server/coordinator/live-task.ts';
import type { RoundPolicy } from '../../server/coordinator/round-state.ts';
import type { RoundRecord, VersionRecord } from '../../server/storage/store.ts';
import { asDigest } from '../../shared/ids.ts';
import { describeBuffer, describeStaleness } from '../../shared/protocol/describe-buffer.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

const POLICY: RoundPolicy = {
  goal: 10, minimum: 1, asked: 50, selectionMs: 0, configurationMs: 1, reportingMs: 1, absenceMs: 1, retryMs: 1, retryLongestMs: 1, stages: ['report'], barrier: false, mostStaleness: 9,
};
const spec = parseTaskSpec(toySpec({ algorithm: { name: 'fedbuff', epochs: 1, batchSize: null, learningRate: 1, concurrency: 50 }, round: { goal: 10 } }));
const version: VersionRecord = { version: 12, round: 12, checkpoint: asDigest(''), bytes: 0, serverState: asDigest(''), createdAt: 0, metrics: { staleness: 4.25, worstStaleness: 9 } };
const counts = { bytesUp: 0, bytesDown: 0, startedAt: 0, eligible: 3, running: true, best: null };

it('a task without rounds to wait for is told by versions, staleness and how many work, in place of phases', () => {
  const { state } = step(initialState(12, asDigest('')), { type: 'start', at: 0, version: 12, checkpoint: asDigest('') }, POLICY);
  const live = liveTask('line', spec, { ...state, open: 50, reported: 7 }, version, { ...counts, concurrency: 50 });
  expect(live.buffer).toEqual({ working: 50, concurrency: 50, updating: false, staleness: { mean: 4.25, worst: 9 } });
  expect(describeBuffer(live)).toEqual(['7 of 10 reports for version 13', '50 of 50 edges work', 'reports of the newest version: 4.3 versions behind, 9 at most']);
  // The buffer that fills while a version is made of the one before it is that of the version after.
  const updating = { ...live, buffer: { working: 49, concurrency: 50, updating: true, staleness: null } };
  expect(describeBuffer(updating)).toEqual(['7 of 10 reports for version 14', 'version 13 is being made', '49 of 50 edges work']);
  expect(describeStaleness({ mean: 0, worst: 0 })).toBe('of the newest version');
});

it('a task with rounds says nothing of that', () => {
  const live = liveTask('line', spec, initialState(), { ...version, metrics: {} }, { ...counts, concurrency: null });
  expect('buffer' in live).toBe(false);
  expect(describeBuffer(live)).toEqual([]);
});

it('a round says how stale its reports were, where its version knows', () => {
  const record: RoundRecord = { round: 12, outcome: 'committed', reason: null, startedAt: 0, endedAt: 9, baseVersion: 11, version: 12, eligible: 3, selected: 4, reported: 10, reasons: {}, bytesUp: 0, bytesDown: 0, phaseMs: {} };
  expect(liveRound(record, version, null).staleness).toEqual({ mean: 4.25, worst: 9 });
  expect('staleness' in liveRound(record, { ...version, metrics: {} }, null)).toBe(false);
});
