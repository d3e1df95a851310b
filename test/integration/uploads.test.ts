import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { randomBytes, sha256Hex } from '#platform/crypto';
import { createHttpCheckpoints } from '../../client/edge/http-checkpoints.ts';
import { fetchGet } from '../../client/edge/http-get.ts';
import { sendReport } from '../../client/edge/upload.ts';
import { nodeGet } from '../../client/node/node-get.ts';
import { asDigest, asTaskId } from '../../shared/ids.ts';
import { encodeReport } from '../../shared/statistics/report-frame.ts';
import { createLayout, createParameters } from '../../shared/tensors/layout.ts';
import { createRandom } from '../../shared/random.ts';
import type { EdgeLink } from '../helpers/hand-edge.ts';
import { selectHands, startLiveServer, type LiveServer, type SelectedHand } from '../helpers/live-server.ts';
import { thrownBy } from '../helpers/thrown.ts';
import { createToyEvaluator } from '../helpers/toy-task.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

/** A model of 200 KB, whose reports travel in thirteen chunks of 16 KiB. */
const LAYOUT = createLayout([{ name: 'weights', shape: [50_000] }]);
const SIZES = { chunkBytes: 16 * 1024, chunkWindow: 4 };
const SPEC = toySpec({ round: { goal: 2, overSelection: 1, configurationSeconds: 3600, reportingSeconds: 3600, absenceSeconds: 3600 }, stop: { rounds: 1 } });

/** Multiples of 1/8 up to 16: sums and halves of two are exact in float32. */
function deltaOf(seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: LAYOUT.size }, () => (random.int(257) - 128) / 8);
}

function frameOf({ assign }: SelectedHand, delta: Float32Array): Uint8Array {
  return encodeReport({ assignment: assign.assignment, layout: LAYOUT.digest, statistic: { weight: 1, fields: { delta, trainLoss: Float64Array.of(0), examples: Float64Array.of(1) } } });
}

interface Watched {
  readonly link: EdgeLink;
  /** Bytes of all chunks sent. */
  sent: number;
  chunks: number;
  /** The most chunks that were unacknowledged at once. */
  mostOpen: number;
  begun: number[];
}

/** Counts what goes over a link; hangs up once so many chunks are acknowledged. */
function watch(link: EdgeLink, cutAfter = Infinity): Watched {
  let open = 0;
  let acknowledged = 0;
  const watched: Watched = {
    sent: 0, chunks: 0, mostOpen: 0, begun: [],
    link: {
      ...link,
      get closed() {
        return link.closed;
      },
      async request(type, payload, options) {
        if (type === 'uploadChunk') {
          watched.sent += (payload as { data: Uint8Array }).data.byteLength;
          watched.chunks++;
          watched.mostOpen = Math.max(watched.mostOpen, ++open);
        }
        try {
          const reply = await link.request(type, payload, options);
          if (type === 'uploadBegin') watched.begun.push((reply as { received: number }).received);
          if (type === 'uploadChunk' && ++acknowledged === cutAfter) link.close();
          return reply;
        } finally {
          if (type === 'uploadChunk') open--;
        }
      },
    },
  };
  return watched;
}

describe('a long report', () => {
  let live: LiveServer;
  let hands: SelectedHand[];
  const evaluator = { ...createToyEvaluator(), describe: () => Promise.resolve({ parameters: createParameters(LAYOUT, new Float32Array(LAYOUT.size)), problems: [] }) };

  afterEach(() => live.stop());
  async function start(): Promise<void> {
    live = await startLiveServer({ evaluator, maxReportBytes: 300_000 });
    await live.runTask(SPEC);
    hands = await selectHands(live, 'line', 2);
  }

  it('travels in chunks with a bounded window, and goes on where it was cut', async () => {
    await start();
    const [one, two] = hands;
    const frame = frameOf(one, deltaOf(1));
    const whole = watch(one.hand.link);
    expect(await sendReport(whole.link, one.assign.assignment, frame, SIZES)).toMatchObject({ outcome: 'accepted' });
    expect(whole).toMatchObject({ sent: frame.byteLength, chunks: Math.ceil(frame.byteLength / SIZES.chunkBytes), mostOpen: SIZES.chunkWindow, begun: [0] });

    const other = frameOf(two, deltaOf(2));
    const cut = watch(two.hand.link, 5);
    expect((await thrownBy(() => sendReport(cut.link, two.assign.assignment, other, SIZES))).code).toBe('disconnected');
    const back = watch((await live.handEdge({ keys: two.hand.keys })).link);
    expect(await sendReport(back.link, two.assign.assignment, other, SIZES)).toMatchObject({ outcome: 'accepted' });
    const [received] = back.begun;
    // Five were acknowledged, up to a window more had arrived when the wire was cut.
    expect(received).toBeGreaterThanOrEqual(5 * SIZES.chunkBytes);
    expect(received % SIZES.chunkBytes).toBe(0);
    expect(back.sent).toBe(other.byteLength - received);
    const sentAgain = cut.sent + back.sent - other.byteLength;
    expect(sentAgain).toBeLessThanOrEqual(SIZES.chunkWindow * SIZES.chunkBytes);

    await live.untilRounds(1);
    expect(live.rounds[0]).toMatchObject({ outcome: 'committed', reported: 2, bytesUp: frame.byteLength + other.byteLength });
    const [a, b] = [deltaOf(1), deltaOf(2)];
    expect(await live.weightsOf('line', 1)).toEqual(Array.from(a, (value, i) => (value + b[i]) / 2));
  });

  it('that was whole before its answer was lost is known again', async () => {
    await start();
    const [one] = hands;
    const frame = frameOf(one, deltaOf(1));
    expect(await sendReport(one.hand.link, one.assign.assignment, frame, SIZES)).toMatchObject({ outcome: 'accepted' });
    expect(await sendReport(one.hand.link, one.assign.assignment, frame, SIZES)).toMatchObject({ outcome: 'duplicate' });
  });

  it('is refused where it is no report of this task, and the right one is taken after it', async () => {
    await start();
    const [one] = hands;
    const { assignment } = one.assign;
    const frame = frameOf(one, deltaOf(1));
    const { link } = one.hand;
    expect((await thrownBy(() => link.request('uploadBegin', { assignment, bytes: 300_001, digest: '0'.repeat(64) }))).code).toBe('too_large');
    await link.request('uploadBegin', { assignment, bytes: 3, digest: '0'.repeat(64) });
    expect((await thrownBy(() => link.request('uploadChunk', { assignment, offset: 0, data: Uint8Array.of(1, 2, 3) }))).code).toBe('bad_frame');
    const garbage = randomBytes(40_000);
    expect((await thrownBy(() => sendReport(link, assignment, garbage, SIZES))).code).toBe('bad_frame');
    const poisoned = deltaOf(1).fill(Number.NaN, -1);
    expect((await thrownBy(() => sendReport(link, assignment, frameOf(one, poisoned), SIZES))).code).toBe('not_finite');
    expect(await sendReport(link, assignment, frame, SIZES)).toMatchObject({ outcome: 'accepted' });
  });
});

describe('a checkpoint, as the coordinator hands it out', () => {
  let live: LiveServer;
  let url: URL;
  let bytes: Uint8Array;
  let digest: string;

  beforeAll(async () => {
    live = await startLiveServer();
    await live.runTask(SPEC);
    digest = live.server.coordinator.driver(asTaskId('line')).state().checkpoint;
    url = new URL(`/checkpoints/${digest}`, live.server.url);
    bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  });
  afterAll(() => live.stop());

  it('is immutable, cacheable, and what its digest says', async () => {
    expect(sha256Hex(bytes)).toBe(digest);
    const { headers, status } = await fetch(url, { method: 'HEAD' });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(headers.get('accept-ranges')).toBe('bytes');
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-length')).toBe(String(bytes.byteLength));
    const etag = headers.get('etag');
    expect(etag).toBeTruthy();
    // fetch would ask past every cache; a cache itself does not.
    const asked = get(url, { headers: { 'if-none-match': etag ?? '' } });
    const [again] = (await once(asked, 'response')) as [IncomingMessage];
    again.resume();
    expect(again.statusCode).toBe(304);
  });

  it('is served in parts', async () => {
    const part = async (range: string): Promise<[number, string | null, number[]]> => {
      const response = await fetch(url, { headers: { range } });
      return [response.status, response.headers.get('content-range'), [...new Uint8Array(await response.arrayBuffer())]];
    };
    const { byteLength } = bytes;
    expect(await part('bytes=10-19')).toEqual([206, `bytes 10-19/${byteLength}`, [...bytes.subarray(10, 20)]]);
    expect(await part(`bytes=${byteLength - 3}-`)).toEqual([206, `bytes ${byteLength - 3}-${byteLength - 1}/${byteLength}`, [...bytes.subarray(-3)]]);
    expect((await part(`bytes=${byteLength}-`))[0]).toBe(416);
  });

  it('that is not there is not found', async () => {
    const source = createHttpCheckpoints(live.server.url);
    const { signal } = new AbortController();
    expect(await source.fetch(asDigest(digest), bytes.byteLength, signal)).toEqual(bytes);
    expect((await thrownBy(() => source.fetch(asDigest('0'.repeat(64)), 10, signal))).code).toBe('not_found');
  });
});

describe.each([['fetch', fetchGet], ['Node’s own client', nodeGet]] as const)('a download by %s', (_name, httpGet) => {
  const BYTES = randomBytes(100_000);
  const DIGEST = asDigest(sha256Hex(BYTES));
  let stopServer: (() => Promise<void>) | null = null;
  afterEach(async () => {
    await stopServer?.();
    stopServer = null;
  });

  /** @returns its address, and where each request began. */
  async function serve(answer: (from: number, response: ServerResponse, nth: number) => void): Promise<{ url: string; starts: number[] }> {
    const starts: number[] = [];
    const server = createServer((request: IncomingMessage, response) => {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      starts.push(from);
      answer(from, response, starts.length);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stopServer = async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    };
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, starts };
  }

  const partial = (response: ServerResponse, from: number): ServerResponse =>
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': BYTES.byteLength - from, ...(from > 0 ? { 'content-range': `bytes ${from}-${BYTES.byteLength - 1}/${BYTES.byteLength}` } : {}) });
  /** Sends so many bytes, then hangs up. */
  const cutAfter = (response: ServerResponse, from: number, count: number): void => {
    partial(response, from).write(BYTES.subarray(from, from + count), () => response.destroy());
  };
  const fetchFrom = (url: string, bytes = BYTES.byteLength, signal = new AbortController().signal): Promise<Uint8Array> => createHttpCheckpoints(url, httpGet).fetch(DIGEST, bytes, signal);

  it('goes on where the connection broke, as often as each attempt brings something', async () => {
    const { url, starts } = await serve((from, response) => (BYTES.byteLength - from > 9_000 ? cutAfter(response, from, 9_000) : partial(response, from).end(BYTES.subarray(from))));
    expect(await fetchFrom(url)).toEqual(BYTES);
    // A hundred thousand bytes in pieces of nine thousand.
    expect(starts).toEqual(Array.from({ length: 12 }, (_, i) => 9_000 * i));
  });

  it('begins again where the server knows no ranges', async () => {
    const { url, starts } = await serve((_from, response, nth) => (nth === 1 ? cutAfter(response, 0, 50_000) : partial(response, 0).end(BYTES)));
    expect(await fetchFrom(url)).toEqual(BYTES);
    expect(starts).toEqual([0, 50_000]);
  });

  it('gives up when five attempts in a row bring nothing', async () => {
    const { url, starts } = await serve((from, response, nth) => (nth === 1 ? cutAfter(response, 0, 1_000) : cutAfter(response, from, 0)));
    const error = await thrownBy(() => fetchFrom(url));
    expect(error.code).toBe('disconnected');
    expect(error.message).toContain('at 1000 of 100000 bytes');
    expect(starts).toEqual([0, 1_000, 1_000, 1_000, 1_000, 1_000]);
  });

  it('survives a server that is not there for a moment', async () => {
    const { url, starts } = await serve((_from, response, nth) => (nth < 3 ? response.writeHead(503).end() : response.writeHead(200).end(BYTES)));
    expect(await fetchFrom(url)).toEqual(BYTES);
    expect(starts).toHaveLength(3);
  });

  it('is refused when the bytes are others, more, or fewer than announced', async () => {
    const other = BYTES.slice();
    other[99_999] ^= 1;
    const { url } = await serve((_from, response) => response.writeHead(200).end(other));
    expect((await thrownBy(() => fetchFrom(url))).code).toBe('bad_frame');
    expect((await thrownBy(() => fetchFrom(url, 99_000))).code).toBe('bad_frame');
    expect((await thrownBy(() => fetchFrom(url, 101_000))).code).toBe('disconnected');
  });

  it('follows to where it is to be had', async () => {
    const elsewhere = await serve((from, response) => void partial(response, from).end(BYTES.subarray(from)));
    const stopElsewhere = stopServer;
    const { url, starts } = await serve((_from, response) => void response.writeHead(302, { location: `${elsewhere.url}/there` }).end());
    expect(await fetchFrom(url)).toEqual(BYTES);
    expect([starts, elsewhere.starts]).toEqual([[0], [0]]);
    await stopElsewhere?.();
  });

  it('does not ask again for what is not there', async () => {
    const { url, starts } = await serve((_from, response) => response.writeHead(404).end());
    expect((await thrownBy(() => fetchFrom(url))).code).toBe('not_found');
    expect(starts).toHaveLength(1);
  });

  it('can be stopped', async () => {
    const stopper = new AbortController();
    const { url, starts } = await serve((from, response) => {
      partial(response, from).write(BYTES.subarray(0, 10), () => stopper.abort());
    });
    expect((await thrownBy(() => fetchFrom(url, BYTES.byteLength, stopper.signal))).code).toBe('aborted');
    expect(starts).toHaveLength(1);
  });
});
