import { afterEach, describe, expect, it } from 'vitest';
import { MurmurError, type ErrorCode } from '../../shared/errors.ts';
import { asTaskId } from '../../shared/ids.ts';
import { settledIn } from '../../simulations/virtual-clock.ts';
import { openHandEdge } from '../helpers/hand-edge.ts';
import { createVirtualFederation, toySpec, type VirtualFederation } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
let one: VirtualFederation;
afterEach(() => one.stop());

const settled = <T>(promise: Promise<T>): Promise<T> => settledIn(one.clock, promise);

const refusal = (code: ErrorCode, message: string): Promise<never> => Promise.reject(new MurmurError(code, message));
const ANSWERS: readonly [name: string, reply: () => Promise<unknown>, recorded: RegExp][] = [
  ['a reason that is no text', () => Promise.resolve({ accepted: false, reason: { a: 1 } }), /^the reply to assign is wrong at reason: /],
  ['a reason of two megabytes', () => Promise.resolve({ accepted: false, reason: 'x'.repeat(2 << 20) }), /^the reply to assign is wrong at reason: /],
  ['neither yes nor no', () => Promise.resolve({ accepted: 'perhaps' }), /^the reply to assign is wrong at accepted: /],
  ['a list', () => Promise.resolve([]), /^the reply to assign is wrong at /],
  ['nothing', () => Promise.resolve(undefined), /^the reply to assign is wrong at its top: /],
  ['an error of two megabytes', () => refusal('backend_failed', 'x'.repeat(2 << 20)), /^x{300}$/],
  // An edge that is away may come back and would be waited for; one that says so is not away.
  ['that it is disconnected', () => refusal('disconnected', 'gone'), /^the other side replied with disconnected/],
  ['that time ran out', () => refusal('timeout', 'gone'), /^the other side replied with timeout/],
];

describe('edges that answer an offer with nonsense', () => {
  it('are done with, and the round goes on without them', async () => {
    one = await createVirtualFederation();
    await one.coordinator.start();
    await one.coordinator.createTask(toySpec({ round: { goal: ANSWERS.length + 1, minimum: 1, overSelection: 1, selectionSeconds: 5 }, stop: { rounds: 1 } }));
    await one.coordinator.startTask(LINE);
    const names = new Map<string, string>();
    for (const [name, reply] of ANSWERS) {
      const hand = await settled(openHandEdge(one.connect(), { token: 'enrol' }));
      hand.link.onRequest((type) => (type === 'assign' ? (reply() as Promise<object>) : Promise.resolve('whatever' as never)));
      names.set(hand.edge, name);
      await settled(hand.checkIn(LINE));
    }
    one.addEdge({ examples: [[1, 1]] });
    await one.untilRounds(1);
    expect(one.rounds[0]).toMatchObject({ round: 1, outcome: 'committed', selected: ANSWERS.length + 1, reported: 1 });
    const records = new Map((await one.store.listParticipations(LINE, 1)).map(({ edge, status, reason }) => [names.get(edge) ?? 'honest', { status, reason }]));
    expect(records.get('honest')?.status).toBe('reported');
    for (const [name, , recorded] of ANSWERS) {
      expect(`${name}: ${records.get(name)?.status}`).toBe(`${name}: declined`);
      expect(records.get(name)?.reason).toMatch(recorded);
    }
  });
});
