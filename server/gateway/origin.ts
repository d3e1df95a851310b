/**
 * Whether a request comes from where it may. A page of another site that the owner has
 * open can reach loopback, too: its Origin gives it away, and a rebound name its Host.
 */
import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';

/** Of an address to bind to, or of the name in a URL. One that merely begins with `127.` can be anywhere. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** The name in a Host header, without its port and brackets. */
const nameOf = (hostAndPort: string): string => hostAndPort.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1').toLowerCase();

/** null: it may pass; otherwise why not. */
export function refuseOrigin(request: Pick<IncomingMessage, 'headers'>, boundToLoopback: boolean): string | null {
  const { host = '', origin } = request.headers;
  if (boundToLoopback && !isLoopback(nameOf(host))) return `this coordinator is bound to loopback and does not answer for ${host}`;
  if (origin === undefined) return null;
  const from = URL.canParse(origin) ? new URL(origin).host : origin;
  return from === host ? null : `requests from pages of ${origin} are not taken`;
}
