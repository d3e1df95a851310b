/** Tokens: made from 24 random bytes, compared in constant time. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export function createSecret(): string {
  return randomBytes(24).toString('base64url');
}

export function sameSecret(given: string | undefined, expected: string): boolean {
  if (given === undefined) return false;
  // Hashing first makes both sides equally long, whatever was given.
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
