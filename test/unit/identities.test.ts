import { describe, expect, it } from 'vitest';
import { generateKeyPair } from '#platform/crypto';
import { authenticate, enrol, type EnrolmentPolicy } from '../../server/gateway/identities.ts';
import { createSecret, sameSecret } from '../../server/gateway/secrets.ts';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import type { Store } from '../../server/storage/store.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { fromHex, toHex } from '../../shared/hex.ts';
import { settledIn } from '../../simulations/virtual-clock.ts';
import { enrolRequest, hello, openHandEdge, signed, type KeyPair } from '../helpers/hand-edge.ts';
import { thrownBy } from '../helpers/thrown.ts';
import { createVirtualFederation } from '../helpers/virtual-federation.ts';

const POLICY: EnrolmentPolicy = { open: false, token: 'enrol', adminToken: 'admin' };
const CHALLENGE = 'c'.repeat(64);
const codeOf = async (call: () => unknown): Promise<string> => (await thrownBy(call)).code;
type Request = Parameters<typeof enrol>[3];
const requestOf = (keys: KeyPair, token: string, role: 'edge' | 'aggregator' = 'edge'): Request => ({ role, ...enrolRequest(CHALLENGE, keys, { token }) });

describe('an identity', () => {
  it('is derived from the key: RFC 8032’s first public key', () => {
    // SHA-256 of those 32 bytes begins 21fe31dfa154a261626b.
    expect(edgeIdOf(fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'))).toBe('e21fe31dfa154a261626b');
  });

  it('once revoked cannot enrol again, whenever that was', async () => {
    const store = await openSqliteStore(':memory:');
    const keys = generateKeyPair();
    const { id } = await enrol(store, POLICY, CHALLENGE, requestOf(keys, 'enrol'), 0);
    // The first instant of a virtual clock.
    await store.revokeEdge(id, 0);
    expect(await codeOf(() => enrol(store, POLICY, CHALLENGE, requestOf(keys, 'admin'), 1))).toBe('revoked');
    expect(await codeOf(() => authenticate(store, CHALLENGE, { edge: id, signature: signed('authenticate', CHALLENGE, keys) }))).toBe('revoked');
    await store.close();
  });

  it('keeps what it was enrolled as', async () => {
    const store = await openSqliteStore(':memory:');
    const keys = generateKeyPair();
    const first = await enrol(store, POLICY, CHALLENGE, requestOf(keys, 'enrol'), 10);
    expect(await enrol(store, POLICY, CHALLENGE, { ...requestOf(keys, 'enrol'), name: 'renamed' }, 20)).toEqual(first);
    expect(await codeOf(() => enrol(store, POLICY, CHALLENGE, requestOf(keys, 'admin', 'aggregator'), 30))).toBe('conflict');
    expect(await store.getEdge(first.id)).toEqual({ id: first.id, publicKey: toHex(keys.publicKey), name: 'by hand', role: 'edge', enrolledAt: 10, revokedAt: null });
    await store.close();
  });

  it('that is revoked in the moment in which it opens a session gets none', async () => {
    const inner = await openSqliteStore(':memory:');
    let onLook: (() => Promise<void>) | null = null;
    const store: Store = {
      ...inner,
      async getEdge(id) {
        const seen = await inner.getEdge(id);
        const revoke = onLook;
        onLook = null;
        await revoke?.();
        return seen;
      },
    };
    const federation = await createVirtualFederation({ store });
    const settled = <T>(promise: Promise<T>): Promise<T> => settledIn(federation.clock, promise);
    const { edge, keys } = await settled(openHandEdge(federation.connect(), { token: 'enrol' }));
    const link = federation.connect();
    const { challenge } = await settled(hello(link));
    onLook = async () => {
      await inner.revokeEdge(edge, 1);
      federation.coordinator.population.expel(edge, 'revoked');
    };
    // The look at the store came before the revocation, the session's opening after it.
    expect(['revoked', 'disconnected']).toContain(await codeOf(() => settled(link.request('authenticate', { edge, signature: signed('authenticate', challenge, keys) }))));
    expect(federation.coordinator.population.get(edge)?.link).toBeNull();
    expect(link.closed).toBe(true);
    await federation.stop();
  });
});

describe('a secret', () => {
  it('is long, another each time, and compared whole', () => {
    const secrets = new Set(Array.from({ length: 100 }, createSecret));
    expect(secrets.size).toBe(100);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9_-]{32}$/);
    expect(sameSecret('abc', 'abc')).toBe(true);
    for (const wrong of [undefined, '', 'ab', 'abcd', 'abC', 'abc\0']) expect(sameSecret(wrong, 'abc')).toBe(false);
  });
});
