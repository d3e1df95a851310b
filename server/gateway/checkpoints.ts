/**
 * Checkpoints by digest. What is behind a digest never changes, so answers are cacheable for ever, and resumable by
 * Range: a CDN can stand in front. The checkpoint of each task's round under way is asked for by every selected edge
 * at once: it is kept in memory and goes out from there, one copy for all of them; whatever else is streamed from disk.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MurmurError } from '../../shared/errors.ts';
import { DIGEST_PATTERN } from '../../shared/ids.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';

/** Larger ones are streamed, too. Bytes. */
const MOST_IN_MEMORY = 256 << 20;
const YEAR_SECONDS = 365 * 24 * 3600;

type CheckpointRequest = FastifyRequest<{ Params: { digest: string } }>;

interface Held {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly lastModified: string;
}

const pathOf = (digest: string): string => `${digest.slice(0, 2)}/${digest}`;

/** @param blobFolder of the blob store: `ab/abcdef…` below it */
export function addCheckpoints(http: FastifyInstance, blobFolder: string, coordinator: Pick<Coordinator, 'drivers'>): void {
  /** null: too large to be held, or not there. */
  const held = new Map<string, Promise<Held | null>>();
  const driverOf = (digest: string) => coordinator.drivers().find((driver) => driver.offers(digest));

  function hold(digest: string): Promise<Held | null> {
    const known = held.get(digest);
    if (known) return known;
    // Those of rounds that are over make room first.
    for (const other of held.keys()) if (!driverOf(other)) held.delete(other);
    const loading = load(join(blobFolder, pathOf(digest))).catch(() => null);
    held.set(digest, loading);
    return loading;
  }

  async function answer(request: CheckpointRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { digest } = request.params;
    if (!DIGEST_PATTERN.test(digest)) throw new MurmurError('not_found', `${digest} is no digest: 64 lower-case hexadecimal digits are one`);
    const found = isPlain(request) && driverOf(digest) ? await hold(digest) : null;
    // A file without an extension goes out as application/octet-stream; to say so before it was found would garble the answer that it is not there.
    if (!found) return reply.sendFile(pathOf(digest), blobFolder, { maxAge: YEAR_SECONDS * 1000, immutable: true, acceptRanges: true, etag: true });
    return reply
      .headers({ 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes', 'cache-control': `public, max-age=${YEAR_SECONDS}, immutable`, etag: found.etag, 'last-modified': found.lastModified })
      .send(found.bytes);
  }

  http.get<{ Params: { digest: string } }>('/checkpoints/:digest', {
    onResponse: async (request, reply) => {
      const bytes = Number(reply.getHeader('content-length') ?? 0);
      if (reply.statusCode !== 200 && reply.statusCode !== 206) return;
      driverOf(request.params.digest)?.countDownload(bytes);
    },
  }, answer);
}

/** The whole file and no condition: anything else is for those who know the rules of HTTP better. */
function isPlain({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && headers.range === undefined && headers['if-none-match'] === undefined && headers['if-modified-since'] === undefined && headers['if-match'] === undefined && headers['if-unmodified-since'] === undefined;
}

async function load(path: string): Promise<Held | null> {
  const file = await open(path, 'r');
  try {
    const { size, mtime } = await file.stat();
    if (size > MOST_IN_MEMORY) return null;
    // The validators that streaming gives the same file: to a cache both are one.
    return { bytes: await file.readFile(), etag: `W/"${size.toString(16)}-${mtime.getTime().toString(16)}"`, lastModified: mtime.toUTCString() };
  } finally {
    await file.close();
  }
}
