/** Somebody who knows an edge's id, and not its key, tries to speak for it. */
import { sign } from '#platform/crypto';
import { toMurmurError } from '../../shared/errors.ts';
import { toHex } from '../../shared/hex.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { Link } from '../../shared/protocol/link.ts';
import { challengeText, PROTOCOL, type EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { identityOf } from './world.ts';

/** The sentence of what was let through; null where it was refused, or the link broke. */
export async function tryToImpersonate(edge: EdgeId, link: Link<EdgeToCoordinator>): Promise<string | null> {
  const { secretKey } = identityOf('impostor');
  try {
    const { challenge } = await link.request('hello', { protocol: { ...PROTOCOL }, software: 'an impostor' });
    await link.request('authenticate', { edge, signature: toHex(sign(challengeText('authenticate', challenge), secretKey)) });
    return `somebody without its key opened a session as edge ${edge}`;
  } catch (thrown) {
    const { code, message } = toMurmurError(thrown);
    // Not enrolled yet: nobody to speak for.
    const expected = ['bad_signature', 'not_authenticated', 'disconnected', 'timeout', 'bad_message', 'unavailable'].includes(code);
    return expected ? null : `an impostor of edge ${edge} was answered with ${code}: ${message}`;
  } finally {
    link.close('the impostor gave up');
  }
}
