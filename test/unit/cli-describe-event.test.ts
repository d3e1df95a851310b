import { expect, it } from 'vitest';
import { describeEvent } from '../../cli/describe-event.ts';
import { csvDataset } from '../../client/datasets/csv-dataset.ts';
import { toErrorBody } from '../../shared/errors.ts';
import { asEdgeId, asTaskId } from '../../shared/ids.ts';
import { UNKNOWN_CONDITIONS } from '../../shared/task/conditions.ts';
import { DataContract } from '../../shared/task/data-contract.ts';
import { thrownBy } from '../helpers/thrown.ts';

const contract = DataContract.parse({ kind: 'table', features: [{ type: 'numeric', column: 'area' }], label: { type: 'categorical', column: 'city', values: ['Bern', 'Rome'] } });

it('names every wrong place of a CSV, and says what to do', async () => {
  const error = await thrownBy(() => csvDataset('homes.csv', 'area,city\n84,Bern\n,Oslo\n', contract));
  expect(describeEvent({ type: 'error', error: toErrorBody(error) })).toBe(
    'Error: homes.csv, line 3, column "area": found nothing, expected a number; the task allows no missing value here (and 1 more; the details list all)\n' +
      '  line 3, column area: found nothing, expected a number; the task allows no missing value here\n' +
      '  line 3, column city: found "Oslo", expected a label, one of "Bern", "Rome"\n' +
      'This agent takes no part in that task until the data is mended; it looks again by itself every minute or two.',
  );
});

it('says for what it checked in, and that it waits where it has data for nothing', () => {
  const checkedIn = (examples: Record<string, number>): string | null => describeEvent({ type: 'checked-in', conditions: UNKNOWN_CONDITIONS, examples, comeBackAfterMs: 1000 });
  expect(checkedIn({ homes: 84, digits: 600 })).toBe('Checked in with 84 examples for homes, 600 examples for digits; waiting to be selected.');
  expect(checkedIn({})).toBe('Checked in; no task that runs there is one that this agent has data for. It waits for one.');
});

it('tells what a round brings, and keeps quiet of what nobody needs to see', () => {
  const task = asTaskId('homes');
  expect(describeEvent({ type: 'connected', edge: asEdgeId('e0123456789abcdef0123') })).toBe('Connected as e0123456789abcdef0123.');
  expect(describeEvent({ type: 'connecting', attempt: 1 })).toBeNull();
  expect(describeEvent({ type: 'connecting', attempt: 3 })).toBe('Connecting, attempt 3 …');
  expect(describeEvent({ type: 'disconnected', reason: 'nobody answers', retryInMs: 1600 })).toBe('Disconnected (nobody answers); trying again in 1.6 s.');
  expect(describeEvent({ type: 'reported', task, round: 4, outcome: 'accepted', loss: 0.25 })).toBe('Round 4 of homes: report accepted, training loss 0.250.');
  expect(describeEvent({ type: 'released', task, round: 5, reason: 'the deadline passed' })).toBe('Round 5 of homes: released (the deadline passed).');
  expect(describeEvent({ type: 'downloading', bytes: 10 })).toBeNull();
});
