/** An edge whose process was started anew is offered its assignment again before it has asked for any task: it must not decline for want of data that it only has not loaded yet. */
import { generateKeyPair } from '#platform/crypto';
import { expect, it } from 'vitest';
import { MurmurError } from '../../shared/errors.ts';
import { asTaskId } from '../../shared/ids.ts';
import { createVirtualFederation, toySpec } from '../helpers/virtual-federation.ts';

it('an edge that was started anew goes on with the assignment that it had', async () => {
  const pair = generateKeyPair();
  const federation = await createVirtualFederation({ keys: () => pair });
  try {
    await federation.coordinator.start();
    await federation.coordinator.createTask(toySpec({ round: { goal: 1, minimum: 1, overSelection: 1, selectionSeconds: 1, configurationSeconds: 60, reportingSeconds: 600 }, stop: { rounds: 1 } }));
    await federation.coordinator.startTask(asTaskId('line'));
    let gone = false;
    const first = federation.addEdge({
      examples: [[1, 1]], trainingMs: 1_000_000,
      dial: async (connect) => {
        if (gone) throw new MurmurError('disconnected', 'its process has ended');
        return connect();
      },
    });
    await federation.clock.runUntil(() => first.events.some(({ type }) => type === 'assigned'));
    gone = true;
    first.link()?.close('its process was killed');
    const second = federation.addEdge({ examples: [[1, 1]], trainingMs: 10 });
    await federation.untilRounds(1);
    expect(federation.rounds[0]).toMatchObject({ round: 1, outcome: 'committed', reported: 1 });
    expect(second.events.map(({ type }) => type)).not.toContain('declined');
  } finally {
    await federation.stop();
  }
});
