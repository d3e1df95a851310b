/**
 * Who an edge is. Enrolment registers a public key of the edge's own; every session is
 * opened by a signature over a fresh challenge. The id is derived from the key, so a
 * token that leaks lets nobody speak for another edge.
 */
import { verify } from '#platform/crypto';
import { MurmurError } from '../../shared/errors.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { fromHex } from '../../shared/hex.ts';
import type { EdgeId } from '../../shared/ids.ts';
import { challengeText, type EdgeRequest } from '../../shared/protocol/messages.ts';
import { sameSecret } from './secrets.ts';
import type { EdgeRecord, Store } from '../storage/store.ts';

export interface EnrolmentPolicy {
  /** Anybody may enrol as an edge; for loopback and demonstrations. */
  readonly open: boolean;
  readonly token: string;
  /** Edge aggregators speak for other edges' reports: they enrol with the admin's token only. */
  readonly adminToken: string;
}

/** The same key again is the same edge. @throws bad_token, bad_signature, revoked, conflict for a key that is enrolled in the other role */
export async function enrol(store: Store, policy: EnrolmentPolicy, challenge: string, request: EdgeRequest<'enrol'>, now: number): Promise<EdgeRecord> {
  const { publicKey, signature, name, role, token } = request;
  requireToken(policy, role, token);
  if (!verify(fromHex(signature), challengeText('enrol', challenge), fromHex(publicKey))) {
    throw new MurmurError('bad_signature', 'the signature over the challenge does not fit the public key');
  }
  const id = edgeIdOf(fromHex(publicKey));
  const known = await store.getEdge(id);
  if (known && known.revokedAt !== null) throw revoked(id);
  if (known && known.role !== role) throw new MurmurError('conflict', `${id} is enrolled as ${nameOf(known.role)} already; ${nameOf(role)} needs a key pair of its own`);
  const record: EdgeRecord = known ?? { id, publicKey, name, role, enrolledAt: now, revokedAt: null };
  if (!known) await store.addEdge(record);
  return record;
}

/** @throws bad_token */
export function requireToken(policy: EnrolmentPolicy, role: EdgeRecord['role'], token: string | undefined): void {
  const mayEnrol = role === 'aggregator' ? sameSecret(token, policy.adminToken) : policy.open || sameSecret(token, policy.token) || sameSecret(token, policy.adminToken);
  if (mayEnrol) return;
  throw new MurmurError('bad_token', role === 'aggregator' ? 'an edge aggregator enrols with the admin token' : 'enrolment needs the enrolment token that the coordinator printed when it started');
}

/** @throws not_authenticated for an id that never enrolled, bad_signature, revoked */
export async function authenticate(store: Store, challenge: string, request: EdgeRequest<'authenticate'>): Promise<EdgeRecord> {
  const edge = await store.getEdge(request.edge);
  if (!edge) throw new MurmurError('not_authenticated', `edge ${request.edge} is not enrolled here; enrol first`);
  if (!verify(fromHex(request.signature), challengeText('authenticate', challenge), fromHex(edge.publicKey))) {
    throw new MurmurError('bad_signature', `the signature over the challenge is not that of edge ${request.edge}`);
  }
  if (edge.revokedAt !== null) throw revoked(edge.id);
  return edge;
}

export const revoked = (id: EdgeId): MurmurError => new MurmurError('revoked', `edge ${id} was revoked by the coordinator's administrator`);
const nameOf = (role: EdgeRecord['role']): string => (role === 'edge' ? 'an edge' : 'an edge aggregator');
