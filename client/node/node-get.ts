/**
 * GET by Node's own HTTP client, which hands on the pieces that come from the socket. `fetch` puts a stream of the web and
 * a promise for each piece in between: for a checkpoint of 800 KB that costs more than to hash it.
 */
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { MurmurError } from '../../shared/errors.ts';
import { rangeHeaders, type GetOptions, type HttpGet } from '../edge/http-get.ts';

/** As many as `fetch` follows. */
const MOST_REDIRECTS = 20;
/** A peer that lost its power says no goodbye: without an end to the silence the edge would wait for ever. */
const IDLE_MS = 60_000;

/**
 * @param idleMs how long the connection may be silent, in ms, before the request fails
 * @returns a GET that throws, beside what the connection does, `unavailable` where it is led nowhere or too far,
 * and `timeout` after such a silence
 */
export function createNodeGet(idleMs: number = IDLE_MS): HttpGet {
  return async (url, options) => {
    let at = url;
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const answer = await getOnce(at, options, idleMs);
      if (typeof answer === 'number') return answer;
      at = answer;
    }
    throw new MurmurError('unavailable', `${url.href} leads from one address to the next, ${MOST_REDIRECTS} times and more`);
  };
}

export const nodeGet: HttpGet = createNodeGet();

function getterOf({ protocol, href }: URL): typeof getPlain {
  if (protocol === 'http:') return getPlain;
  if (protocol === 'https:') return getSecure;
  throw new MurmurError('unavailable', `${href} is no address of http or https`);
}

/** Where a redirect leads. @throws unavailable where that is no address */
function redirectedTo(location: string, from: URL): URL {
  try {
    return new URL(location, from);
  } catch (thrown) {
    throw new MurmurError('unavailable', `${from.href} leads to ${JSON.stringify(location)}, which is no address`, { cause: thrown });
  }
}

/** The status, or where the answer is to be had. */
function getOnce(url: URL, { from, signal, onBytes }: GetOptions, idleMs: number): Promise<number | URL> {
  return new Promise((resolve, reject) => {
    const request = getterOf(url)(url, { signal, headers: rangeHeaders(from) });
    // Not once: an end of ours can be followed by one of the connection's, and nobody else listens.
    request.on('error', reject);
    // Until the connection is there, too, and again after each piece.
    request.setTimeout(idleMs, () => {
      reject(new MurmurError('timeout', `${url.href} was silent for ${idleMs} ms`));
      request.destroy();
    });
    request.once('response', (response: IncomingMessage) => {
      response.on('error', reject);
      const { statusCode: status = 0, headers: { location } } = response;
      if (status !== 200 && status !== 206) {
        // Read to its end, so that the connection can be used again.
        response.resume();
        try {
          resolve(location !== undefined && status >= 300 && status < 400 ? redirectedTo(location, url) : status);
        } catch (thrown) {
          // Thrown out of a listener it would end the process.
          reject(thrown);
        }
        return;
      }
      response.on('data', (bytes: Buffer) => {
        try {
          onBytes(status, bytes);
        } catch (thrown) {
          reject(thrown);
          request.destroy();
        }
      });
      response.once('end', () => resolve(status));
    });
  });
}
