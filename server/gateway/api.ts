/** The JSON API behind the command line and the pages. Whatever changes state needs the admin token. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { MurmurError } from '../../shared/errors.ts';
import { isGossipTask, type AnyTask } from '../../shared/task/task-spec.ts';
import { asEdgeId, asTaskId, EDGE_ID_PATTERN } from '../../shared/ids.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import type { LiveFeed } from '../observability/live-feed.ts';
import { readResult } from '../registry/task-result.ts';
import type { BlobStore } from '../storage/blobs.ts';
import type { Store, TaskRecord, VersionRecord } from '../storage/store.ts';
import type { Swarms } from './swarms.ts';
import { sameSecret } from './secrets.ts';

export interface ApiOptions {
  readonly coordinator: Coordinator;
  readonly store: Store;
  readonly blobs: Pick<BlobStore, 'get'>;
  readonly live: LiveFeed;
  readonly swarms: Swarms;
  readonly adminToken: string;
}

const Page = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100), before: z.coerce.number().int().optional() });
const EdgePage = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(1000), after: z.string().regex(EDGE_ID_PATTERN).optional() });
const FindingsPage = z.object({ all: z.stringbool().default(false) });
const Adoption = z.object({ origin: z.string().min(1).max(300) });
/** As much as a report may have. */
const MAX_MODEL_BYTES = 1 << 30;
type TaskRoute = { Params: { task: string } };

export function addApi(http: FastifyInstance, { coordinator, store, blobs, live, swarms, adminToken }: ApiOptions): void {
  const requireAdmin = async (request: FastifyRequest): Promise<void> => {
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (!sameSecret(given, adminToken)) {
      throw new MurmurError('bad_token', 'this needs the admin token, as `Authorization: Bearer TOKEN`; the coordinator keeps it in the file admin-token of its data folder');
    }
  };
  // Before the body is read: whoever may not change anything need not be listened to.
  const admin = { onRequest: requireAdmin };

  http.get('/api/state', () => live.current());

  http.get('/api/tasks', async () => {
    const { tasks } = await live.current();
    const connected = new Map(tasks.map(({ task, swarm }) => [task, swarm?.connected ?? null]));
    return { tasks: (await coordinator.listTasks()).map((task) => ({ ...summary(task), peers: connected.get(task.id) ?? null })) };
  });
  http.post('/api/tasks', admin, async (request, reply) => {
    const task = await coordinator.createTask(request.body);
    return reply.status(201).send({ task });
  });
  http.get<TaskRoute>('/api/tasks/:task', async ({ params }) => {
    const task = await coordinator.getTask(asTaskId(params.task));
    const { tasks } = await live.current();
    return { task, live: tasks.find((one) => one.task === task.id) ?? null };
  });
  /** Of a task in gossip mode: its peers that are connected now, and what they say of themselves. */
  http.get<TaskRoute>('/api/tasks/:task/swarm', async ({ params }) => {
    const { id } = await coordinator.getTask(asTaskId(params.task));
    const swarm = (await live.currentSwarms()).find(({ task }) => task === id);
    if (!swarm) throw new MurmurError('not_found', `task ${id} is federated: it has edges, and no swarm`);
    return { swarm };
  });
  http.post<TaskRoute>('/api/tasks/:task/start', admin, async ({ params }) => {
    await coordinator.startTask(asTaskId(params.task));
    return { task: summary(await coordinator.getTask(asTaskId(params.task))) };
  });
  http.post<TaskRoute>('/api/tasks/:task/stop', admin, async ({ params }) => {
    await coordinator.stopTask(asTaskId(params.task), 'stopped by its administrator');
    return { task: summary(await coordinator.getTask(asTaskId(params.task))) };
  });

  /** What is wrong with the task; those of before as well with `?all=true`. */
  http.get<TaskRoute>('/api/tasks/:task/findings', async ({ params, query }) => {
    const { id } = await coordinator.getTask(asTaskId(params.task));
    const { all } = parseQuery(FindingsPage, query);
    const standing = await coordinator.findings(id);
    if (!all) return { findings: standing };
    return { findings: [...standing, ...(await store.listFindings(id, { standing: false })).filter(({ overIn }) => overIn !== null)] };
  });

  http.get<TaskRoute>('/api/tasks/:task/rounds', async ({ params, query }) => {
    const { id } = await coordinator.getTask(asTaskId(params.task));
    return { rounds: await store.listRounds(id, pageOf(query)) };
  });
  http.get<{ Params: { task: string; round: string } }>('/api/tasks/:task/rounds/:round', async ({ params }) => {
    const { id } = await coordinator.getTask(asTaskId(params.task));
    const round = await store.getRound(id, wholeNumber(params.round, 'round'));
    if (!round) throw new MurmurError('not_found', `task ${id} has no round ${params.round} on record; \`murmur task show ${id}\` lists its last ones`);
    return { round, participations: await store.listParticipations(id, round.round) };
  });

  // Bytes as they are; whoever may not change anything is not listened to that long.
  http.addContentTypeParser('application/octet-stream', { parseAs: 'buffer', bodyLimit: MAX_MODEL_BYTES }, (_request, body, done) => done(null, body));
  http.post<TaskRoute>('/api/tasks/:task/versions', { ...admin, bodyLimit: MAX_MODEL_BYTES }, async ({ params, query, body }, reply) => {
    if (!(body instanceof Uint8Array)) throw new MurmurError('bad_message', 'a model is taken as safetensors: send it with `content-type: application/octet-stream`');
    const { origin } = parseQuery(Adoption, query);
    // In memory of its own: a buffer of Node's can begin anywhere in a larger one, and weights begin at multiples of 8.
    return reply.status(201).send({ version: await coordinator.adopt(asTaskId(params.task), new Uint8Array(body), origin) });
  });
  http.get<TaskRoute>('/api/tasks/:task/versions', async ({ params, query }) => {
    const { id } = await coordinator.getTask(asTaskId(params.task));
    return { versions: await store.listVersions(id, pageOf(query)), labels: await store.listLabels(id) };
  });
  http.get<{ Params: { task: string; version: string } }>('/api/tasks/:task/versions/:version', async ({ params }) => {
    const task = await coordinator.getTask(asTaskId(params.task));
    const version = await findVersion(store, task, params.version);
    return { version, layout: { tensors: (await coordinator.layoutOf(task.id)).tensors }, model: task.spec.model };
  });

  /** What a version of a task without a model says. */
  http.get<{ Params: { task: string; version: string } }>('/api/tasks/:task/versions/:version/result', async ({ params }) => {
    const task = await coordinator.getTask(asTaskId(params.task));
    const version = await findVersion(store, task, params.version);
    return { version, result: await readResult(blobs, task, version) };
  });

  http.get('/api/edges', async ({ query }) => {
    const { limit, after } = parseQuery(EdgePage, query);
    return { edges: await store.listEdges(after === undefined ? { limit } : { limit, after: asEdgeId(after) }) };
  });
  http.post<{ Params: { edge: string } }>('/api/edges/:edge/revoke', admin, async ({ params }) => {
    const edge = asEdgeId(params.edge);
    await store.revokeEdge(edge, Date.now());
    coordinator.population.expel(edge, 'revoked');
    swarms.rendezvous.expel(edge, 'revoked');
    return { edge: await store.getEdge(edge) };
  });
}

function summary({ spec, ...rest }: TaskRecord): Omit<TaskRecord, 'spec'> & { readonly mode: AnyTask['mode'] } {
  return { ...rest, mode: isGossipTask(spec) ? 'gossip' : 'federated' };
}

function pageOf(query: unknown): { readonly limit: number; readonly before?: number } {
  const { limit, before } = parseQuery(Page, query);
  return before === undefined ? { limit } : { limit, before };
}

function parseQuery<T>(schema: z.ZodType<T>, query: unknown): T {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  throw new MurmurError('bad_message', `the query is wrong: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
}

function wholeNumber(text: string, what: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new MurmurError('bad_message', `${what} ${JSON.stringify(text)} is no whole number`);
  return Number(text);
}

/** By number, by a label, or the newest. */
async function findVersion(store: Store, task: TaskRecord, which: string): Promise<VersionRecord> {
  const version = await versionOf(store, task, which);
  if (version) return version;
  throw new MurmurError('not_found', which === 'latest' ? `task ${task.id} has no version yet: it gets its first one when it is started` : `task ${task.id} has no version ${which}; \`murmur models list ${task.id}\` shows those that it has`);
}

async function versionOf(store: Store, task: TaskRecord, which: string): Promise<VersionRecord | null> {
  if (which === 'latest') return store.latestVersion(task.id);
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(which)) return store.getVersion(task.id, wholeNumber(which, 'version'));
  const labels = await store.listLabels(task.id);
  return Object.hasOwn(labels, which) ? store.getVersion(task.id, labels[which]) : null;
}
