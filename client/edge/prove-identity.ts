/** How an edge proves who it is: its signature over the coordinator's challenge, behind an enrolment where the coordinator does not know it yet. */
import { sign } from '#platform/crypto';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { isMurmurError } from '../../shared/errors.ts';
import { toHex } from '../../shared/hex.ts';
import type { AssignmentId, EdgeId } from '../../shared/ids.ts';
import type { Link } from '../../shared/protocol/link.ts';
import { challengeText, type EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import type { EdgeSessionOptions } from './session-options.ts';

export interface ProvenIdentity {
  readonly id: EdgeId;
  /** What the coordinator still expects of this edge. */
  readonly openAssignments: readonly AssignmentId[];
}

/** The id follows from the key, so an edge knows it before it enrols, and enrolling again is no error. @throws revoked, bad_token, bad_signature, forbidden */
export async function proveIdentity(link: Link<EdgeToCoordinator>, challenge: string, { identity, name, role = 'edge', enrolmentToken }: EdgeSessionOptions): Promise<ProvenIdentity> {
  const { secretKey, publicKey } = identity;
  const signed = (purpose: 'enrol' | 'authenticate'): string => toHex(sign(challengeText(purpose, challenge), secretKey));
  const id = edgeIdOf(publicKey);
  const signature = signed('authenticate');
  const authenticate = async (): Promise<ProvenIdentity> => ({ id, openAssignments: (await link.request('authenticate', { edge: id, signature })).openAssignments });
  try {
    return await authenticate();
  } catch (thrown) {
    if (!isMurmurError(thrown, 'not_authenticated')) throw thrown;
    await link.request('enrol', { publicKey: toHex(publicKey), signature: signed('enrol'), name, role, ...(enrolmentToken === undefined ? {} : { token: enrolmentToken }) });
    return authenticate();
  }
}
