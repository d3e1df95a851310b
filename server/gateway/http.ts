/** The HTTP side: pages, checkpoints by digest, the API. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import fastifyStatic from '@fastify/static';
import Fastify, { type FastifyInstance } from 'fastify';
import { ERROR_CODES, MurmurError, toErrorBody, toMurmurError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import type { LiveFeed } from '../observability/live-feed.ts';
import type { BlobStore } from '../storage/blobs.ts';
import type { Store } from '../storage/store.ts';
import type { Swarms } from './swarms.ts';
import { addApi } from './api.ts';
import { assetsFolder } from './assets.ts';
import { addCheckpoints } from './checkpoints.ts';
import { refuseOrigin } from './origin.ts';

/** A TaskSpec with a large topology fits; nothing larger has business here. */
const MAX_BODY_BYTES = 8 << 20;

const CONTENT_SECURITY_POLICY = [
  "default-src 'self'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "img-src 'self' data: blob:",
  "connect-src 'self'", "worker-src 'self' blob:", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'",
].join('; ');

/** A file that the coordinator hands out beside its own: a demonstration's examples. */
export interface ExtraFile {
  readonly type: string;
  readonly body: Uint8Array | string;
}

export interface HttpOptions {
  readonly coordinator: Coordinator;
  readonly store: Store;
  readonly blobs: Pick<BlobStore, 'get'>;
  readonly live: LiveFeed;
  readonly swarms: Swarms;
  /** Folder of the blob store: `ab/abcdef…` below it. */
  readonly blobFolder: string;
  readonly adminToken: string;
  readonly boundToLoopback: boolean;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly files?: Readonly<Record<string, ExtraFile>>;
  readonly logger: Logger;
}

export async function createHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { coordinator, logger } = options;
  const https = options.tls && readTls(options.tls);
  const http = Fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true, ...(https ? { https } : {}) } as { bodyLimit: number });

  http.addHook('onRequest', async (request, reply) => {
    const refusal = refuseOrigin(request.raw, options.boundToLoopback);
    if (refusal !== null) throw new MurmurError('forbidden', refusal);
    reply.headers({ 'content-security-policy': CONTENT_SECURITY_POLICY, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin' });
  });
  http.setErrorHandler((thrown, request, reply) => {
    const error = fromFastify(thrown);
    if (error.code === 'internal') logger.error({ url: request.url, err: thrown }, 'request failed');
    // Caches know what to do about a range that is not there by its own status.
    const status = (thrown as { statusCode?: number }).statusCode === 416 ? 416 : ERROR_CODES[error.code].status;
    return reply.status(status).send({ ok: false, error: toErrorBody(error) });
  });
  http.setNotFoundHandler((request, reply) => {
    const error = new MurmurError('not_found', `there is nothing at ${request.url}`);
    return reply.status(404).send({ ok: false, error: toErrorBody(error) });
  });

  http.get('/healthz', () => ({ ok: true }));
  await addPages(http);
  addCheckpoints(http, options.blobFolder, coordinator);
  addApi(http, options);
  for (const [path, { type, body }] of Object.entries(options.files ?? {})) {
    http.get(path, (_request, reply) => reply.type(type).send(typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)));
  }
  return http;
}

async function addPages(http: FastifyInstance): Promise<void> {
  const folder = assetsFolder();
  await http.register(fastifyStatic, { root: folder, prefix: '/assets/', cacheControl: true, maxAge: 0, wildcard: true });
  http.get('/', (_request, reply) => reply.sendFile('index.html', folder));
  http.get('/join', (_request, reply) => reply.sendFile('join.html', folder));
}

function fromFastify(thrown: unknown): MurmurError {
  if (thrown instanceof MurmurError) return thrown;
  const { statusCode, message } = thrown as { statusCode?: number; message?: string };
  if (statusCode === 413) return new MurmurError('too_large', `the request is larger than ${MAX_BODY_BYTES} bytes`);
  if (statusCode === 415) return new MurmurError('bad_message', 'the request’s body is taken as JSON only: send it with `content-type: application/json`');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new MurmurError('bad_message', message ?? 'the request cannot be understood');
  return toMurmurError(thrown);
}

/** Tried before it is served with: a certificate and a key that do not fit are told by their paths. */
function readTls({ cert, key }: { readonly cert: string; readonly key: string }): { readonly cert: string; readonly key: string } {
  const pair = { cert: readPem(cert, 'certificate'), key: readPem(key, 'key') };
  try {
    createSecureContext(pair);
  } catch (thrown) {
    throw new MurmurError('bad_config', `the TLS certificate ${cert} and the key ${key} cannot be used: ${(thrown as Error).message}; both must be PEM files, and belong together`, { cause: thrown });
  }
  return pair;
}

function readPem(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw new MurmurError('bad_config', `the TLS ${what} ${path} cannot be read: ${(thrown as Error).message}`, { cause: thrown });
  }
}
