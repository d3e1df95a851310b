/**
 * Whether a request comes from where it may. A page of another site that the owner has
 * open can reach loopback, too: its Origin gives it away, and a rebound name its Host.
 */
import type { IncomingMessage } from 'node:http';

const LOOPBACK_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

const nameOf = (hostAndPort: string): string => hostAndPort.replace(/:\d+$/, '').toLowerCase();

/** null: it may pass; otherwise why not. */
export function refuseOrigin(request: Pick<IncomingMessage, 'headers'>, boundToLoopback: boolean): string | null {
  const { host = '', origin } = request.headers;
  if (boundToLoopback && !LOOPBACK_NAMES.has(nameOf(host))) return `this coordinator is bound to loopback and does not answer for ${host}`;
  if (origin === undefined) return null;
  const from = URL.canParse(origin) ? new URL(origin).host : origin;
  return from === host ? null : `requests from pages of ${origin} are not taken`;
}
