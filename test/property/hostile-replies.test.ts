import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryLinks } from '../../simulations/network/memory-links.ts';
import { createVirtualClock, settledIn } from '../../simulations/virtual-clock.ts';
import { ERROR_CODES, MurmurError } from '../../shared/errors.ts';
import { withCheckedReplies } from '../../shared/protocol/checked-replies.ts';
import type { Link } from '../../shared/protocol/link.ts';
import { coordinatorReplies, type CoordinatorToEdge, type EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { fromRemoteError } from '../../shared/protocol/remote-error.ts';
import { linkOverSocket } from '../../shared/protocol/socket-link.ts';
import { thrownBy } from '../helpers/thrown.ts';

type EdgeLink = Link<CoordinatorToEdge>;
const checked = (link: EdgeLink): EdgeLink => withCheckedReplies(link, coordinatorReplies);

/** A link over a socket whose other end acknowledges with whatever is given. */
function socketAnswering(reply: unknown): EdgeLink {
  return checked(linkOverSocket<CoordinatorToEdge>({ disconnected: false, once: () => undefined, onAny: () => undefined, emit: (_type, _payload, acknowledge) => acknowledge(reply) }, () => undefined));
}

async function memoryAnswering(handler: () => Promise<object>): Promise<unknown> {
  const clock = createVirtualClock();
  const { near, far } = createMemoryLinks<EdgeToCoordinator, CoordinatorToEdge>({ clock, latencyMs: 1 });
  near.onRequest(handler);
  const asked = checked(far).request('assign', {} as CoordinatorToEdge['assign']['request']);
  return settledIn(clock, asked);
}

async function requireHarmless(asked: Promise<unknown>): Promise<void> {
  try {
    const reply = (await asked) as { accepted: unknown; reason?: unknown };
    expect(typeof reply.accepted).toBe('boolean');
    expect(Object.keys(reply).filter((key) => key !== 'accepted' && key !== 'reason')).toEqual([]);
    expect(reply.reason === undefined || (typeof reply.reason === 'string' && reply.reason.length <= 300)).toBe(true);
  } catch (thrown) {
    if (!(thrown instanceof MurmurError)) throw thrown;
    expect(Object.hasOwn(ERROR_CODES, thrown.code)).toBe(true);
    expect(['disconnected', 'timeout']).not.toContain(thrown.code);
    expect(typeof thrown.retryable).toBe('boolean');
    expect(thrown.message.length).toBeLessThanOrEqual(400);
  }
}

const nonsense = fc.anything({ withBigInt: true, withNullPrototype: true, withTypedArray: true });
const code = fc.oneof(fc.constantFrom(...Object.keys(ERROR_CODES), 'toString', '__proto__', 'constructor', ''), nonsense);
const error = fc.record({ code, message: fc.oneof(nonsense, fc.string({ minLength: 200, maxLength: 5000 })), retryable: nonsense, details: nonsense }, { requiredKeys: [] });
const answer = fc.record({ accepted: fc.oneof(fc.boolean(), nonsense), reason: fc.oneof(nonsense, fc.string({ maxLength: 1000 })), more: nonsense }, { requiredKeys: [] });
const reply = fc.oneof(nonsense, answer, answer.map((one) => ({ ok: true, ...one })), fc.record({ ok: fc.oneof(fc.boolean(), nonsense), error: fc.oneof(error, nonsense) }, { requiredKeys: [] }));

describe('whatever is replied to an offer', () => {
  it('over a socket is an answer or a coded refusal', async () => {
    await fc.assert(fc.asyncProperty(reply, (said) => requireHarmless(socketAnswering(said).request('assign', {} as CoordinatorToEdge['assign']['request']))), { numRuns: 500 });
  });

  it('in memory is an answer or a coded refusal', async () => {
    await fc.assert(fc.asyncProperty(reply, (said) => requireHarmless(memoryAnswering(() => Promise.resolve(said as object)))), { numRuns: 200 });
  });

  it('as an error never passes for a failure of the link', () => {
    fc.assert(
      fc.property(fc.oneof(error, nonsense), (body) => {
        const found = fromRemoteError(body);
        expect(['disconnected', 'timeout']).not.toContain(found.code);
        expect(found.message.length).toBeLessThanOrEqual(300);
        expect(typeof found.retryable).toBe('boolean');
      }),
    );
  });
});

describe('an error reply', () => {
  it('keeps a code of the table with its details, and cuts the message', () => {
    const found = fromRemoteError({ code: 'upload_mismatch', message: 'x'.repeat(2_000_000), retryable: false, details: { received: 64 } });
    expect(found).toMatchObject({ code: 'upload_mismatch', message: 'x'.repeat(300), details: { received: 64 } });
    expect(found.retryable).toBe(true);
  });

  it('of an unknown code is internal, and not to be sent again', () => {
    for (const unknown of ['of_the_future', 'toString', '__proto__']) {
      const found = fromRemoteError({ code: unknown, message: 'm', retryable: true });
      expect([found.code, found.retryable]).toEqual(['internal', false]);
    }
  });

  it.each(['disconnected', 'timeout'])('that claims %s is bad_message, over a socket as in memory', async (claimed) => {
    const request = {} as CoordinatorToEdge['assign']['request'];
    expect((await thrownBy(() => socketAnswering({ ok: false, error: { code: claimed, message: 'gone' } }).request('assign', request))).code).toBe('bad_message');
    expect((await thrownBy(() => memoryAnswering(() => Promise.reject(new MurmurError(claimed as 'timeout', 'gone'))))).code).toBe('bad_message');
  });
});
