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

export const nodeGet: HttpGet = async (url, options) => {
  let at = url;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const answer = await getOnce(at, options);
    if (typeof answer === 'number') return answer;
    at = answer;
  }
  throw new MurmurError('unavailable', `${url.href} leads from one address to the next, ${MOST_REDIRECTS} times and more`);
};

/** The status, or where the answer is to be had. */
function getOnce(url: URL, { from, signal, onBytes }: GetOptions): Promise<number | URL> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? getSecure : getPlain)(url, { signal, headers: rangeHeaders(from) });
    // Not once: an end of ours can be followed by one of the connection's, and nobody else listens.
    request.on('error', reject);
    request.once('response', (response: IncomingMessage) => {
      response.on('error', reject);
      const { statusCode: status = 0, headers: { location } } = response;
      if (status !== 200 && status !== 206) {
        // Read to its end, so that the connection can be used again.
        response.resume();
        resolve(location !== undefined && status >= 300 && status < 400 ? new URL(location, url) : status);
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
