import { describe, expect, it } from 'vitest';
import { isLoopback, refuseOrigin } from '../../server/gateway/origin.ts';

describe('an address to bind to', () => {
  it.each(['127.0.0.1', '127.0.0.2', '127.255.255.254', 'localhost', '::1'])('%s is loopback', (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  it.each(['0.0.0.0', '::', '', '192.168.1.7', '127.example.com', '127.0.0.1.nip.io', 'localhost.example.com', '10.127.0.1'])('%s is not', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});

describe('a request', () => {
  const refusal = (headers: { host?: string; origin?: string }, loopback = true): string | null => refuseOrigin({ headers }, loopback);

  it.each([
    [{ host: '127.0.0.1:8700' }],
    [{ host: '127.0.0.2:8700' }],
    [{ host: 'localhost:8700' }],
    [{ host: 'LOCALHOST:8700' }],
    [{ host: '[::1]:8700' }],
    [{ host: 'localhost' }],
    [{ host: 'localhost:8700', origin: 'http://localhost:8700' }],
    [{ host: '127.0.0.1:8700', origin: 'https://127.0.0.1:8700' }],
  ])('passes: %o', (headers) => {
    expect(refusal(headers)).toBeNull();
  });

  it.each([
    ['a name that was rebound to loopback', { host: 'evil.example:8700' }],
    ['a name that begins like loopback', { host: '127.0.0.1.evil.example:8700' }],
    ['no name at all', {}],
    ['a page of another site', { host: '127.0.0.1:8700', origin: 'https://evil.example' }],
    ['a page of another port', { host: '127.0.0.1:8700', origin: 'http://127.0.0.1:3000' }],
    ['a page of the other name for loopback', { host: '127.0.0.1:8700', origin: 'http://localhost:8700' }],
    ['a sandboxed frame or a file', { host: '127.0.0.1:8700', origin: 'null' }],
    ['an origin that is none', { host: '127.0.0.1:8700', origin: '127.0.0.1:8700/' }],
    ['an origin that only contains the host', { host: '127.0.0.1:8700', origin: 'http://127.0.0.1:8700@evil.example' }],
  ])('is refused: %s', (_, headers) => {
    expect(refusal(headers)).not.toBeNull();
  });

  it('to an address that others reach is told by its Origin alone: names there are the operator’s', () => {
    expect(refusal({ host: 'federation.example' }, false)).toBeNull();
    expect(refusal({ host: 'federation.example', origin: 'https://federation.example' }, false)).toBeNull();
    expect(refusal({ host: 'federation.example', origin: 'https://evil.example' }, false)).toContain('https://evil.example');
  });
});
