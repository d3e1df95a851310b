/** The coordinator's HTTP API as functions. Every failure is the MurmurError that the coordinator named, or `disconnected`. */
import { ERROR_CODES, fromErrorBody, MurmurError, type ErrorBody } from '../../shared/errors.ts';
import type { LiveTask } from '../../shared/protocol/live-view.ts';
import type { LiveSwarm } from '../../shared/protocol/live-swarm.ts';
import type { TaskResult } from '../../shared/algorithms/statistics/result.ts';
import type { FindingRecord } from '../../server/diagnosis/finding-record.ts';
import type { EdgeRecord, ParticipationRecord, RoundRecord, TaskRecord, VersionRecord } from '../../server/storage/store.ts';
import type { TensorPlace } from '../../shared/tensors/layout.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';

export interface TaskSummary extends Omit<TaskRecord, 'spec'> {
  readonly mode: 'federated' | 'gossip';
  /** In gossip mode: those that are connected to the coordinator now; null in the other. */
  readonly peers: number | null;
}

export interface ModelVersion {
  readonly version: VersionRecord;
  readonly layout: { readonly tensors: readonly TensorPlace[] };
  readonly model: TaskSpec['model'];
}

export interface ApiClient {
  /** The coordinator that it speaks to. */
  readonly url: string;
  listTasks(): Promise<readonly TaskSummary[]>;
  createTask(spec: unknown): Promise<TaskRecord>;
  getTask(task: string): Promise<{ readonly task: TaskRecord; readonly live: LiveTask | null }>;
  startTask(task: string): Promise<void>;
  /** What it is then: one that was finished stays so. */
  stopTask(task: string): Promise<Pick<TaskRecord, 'status' | 'statusReason'>>;
  /** Newest first. */
  listRounds(task: string, limit: number): Promise<readonly RoundRecord[]>;
  getRound(task: string, round: number): Promise<{ readonly round: RoundRecord; readonly participations: readonly ParticipationRecord[] }>;
  /** What stands wrong with the task; with `all` also what is over. */
  listFindings(task: string, options?: { readonly all?: boolean }): Promise<readonly FindingRecord[]>;
  /** Newest first. */
  listVersions(task: string): Promise<{ readonly versions: readonly VersionRecord[]; readonly labels: Readonly<Record<string, number>> }>;
  /** @param version its number, a label, or `latest` */
  getVersion(task: string, version: string): Promise<ModelVersion>;
  /** What a version of a task without a model says. */
  getResult(task: string, version: number | string): Promise<{ readonly version: VersionRecord; readonly result: TaskResult }>;
  /** Makes a model the task's next version. @param file safetensors */
  adoptModel(task: string, file: Uint8Array, origin: string): Promise<VersionRecord>;
  /** Of a task in gossip mode. */
  getSwarm(task: string): Promise<LiveSwarm>;
  listEdges(): Promise<readonly EdgeRecord[]>;
  revokeEdge(edge: string): Promise<void>;
  /** The safetensors bytes of a checkpoint. */
  getCheckpoint(digest: string): Promise<Uint8Array>;
}

interface Target {
  /** http://host:port, without a slash at the end. */
  readonly url: string;
  /** null: requests that change something will be refused by the coordinator. */
  readonly adminToken: string | null;
}

export function createApiClient({ url, adminToken }: Target): ApiClient {
  const send = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<Response> => {
    const headers: Record<string, string> = {};
    // Reading is open; the token travels only where it is needed.
    if (method === 'POST' && adminToken !== null) headers.authorization = `Bearer ${adminToken}`;
    const raw = body instanceof Uint8Array;
    if (body !== undefined) headers['content-type'] = raw ? 'application/octet-stream' : 'application/json';
    let response: Response;
    try {
      response = await fetch(`${url}${path}`, { method, headers, body: body === undefined ? undefined : raw ? new Uint8Array(body) : JSON.stringify(body) });
    } catch (error) {
      throw new MurmurError('disconnected', `no coordinator answers at ${url} (${networkReason(error)}); start one with \`murmur serve\`, or name another with --url`, { cause: error });
    }
    if (!response.ok) throw await refusalOf(response, url);
    return response;
  };
  const get = async <T>(path: string): Promise<T> => (await jsonOf(await send('GET', path), url)) as T;
  const post = async <T>(path: string, body: unknown = {}): Promise<T> => (await jsonOf(await send('POST', path, body), url)) as T;
  const taskPath = (task: string): string => `/api/tasks/${encodeURIComponent(task)}`;

  return {
    url,
    listTasks: async () => (await get<{ tasks: readonly TaskSummary[] }>('/api/tasks')).tasks,
    createTask: async (spec) => (await post<{ task: TaskRecord }>('/api/tasks', spec)).task,
    getTask: (task) => get(taskPath(task)),
    startTask: async (task) => void (await post(`${taskPath(task)}/start`)),
    stopTask: async (task) => (await post<{ task: Pick<TaskRecord, 'status' | 'statusReason'> }>(`${taskPath(task)}/stop`)).task,
    listRounds: async (task, limit) => (await get<{ rounds: readonly RoundRecord[] }>(`${taskPath(task)}/rounds?limit=${limit}`)).rounds,
    getRound: (task, round) => get(`${taskPath(task)}/rounds/${round}`),
    listFindings: async (task, { all = false } = {}) => (await get<{ findings: readonly FindingRecord[] }>(`${taskPath(task)}/findings${all ? '?all=true' : ''}`)).findings,
    listVersions: (task) => get(`${taskPath(task)}/versions`),
    getVersion: (task, version) => get(`${taskPath(task)}/versions/${encodeURIComponent(version)}`),
    getResult: (task, version) => get(`${taskPath(task)}/versions/${encodeURIComponent(version)}/result`),
    adoptModel: async (task, file, origin) => ((await jsonOf(await send('POST', `${taskPath(task)}/versions?origin=${encodeURIComponent(origin)}`, file), url)) as { version: VersionRecord }).version,
    getSwarm: async (task) => (await get<{ swarm: LiveSwarm }>(`${taskPath(task)}/swarm`)).swarm,
    listEdges: async () => (await get<{ edges: readonly EdgeRecord[] }>('/api/edges')).edges,
    revokeEdge: async (edge) => void (await post(`/api/edges/${encodeURIComponent(edge)}/revoke`)),
    getCheckpoint: async (digest) => new Uint8Array(await (await send('GET', `/checkpoints/${encodeURIComponent(digest)}`)).arrayBuffer()),
  };
}

/** fetch says only `fetch failed`; what happened lies in the cause. */
function networkReason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error) return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
  return String(cause);
}

async function jsonOf(response: Response, url: string): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw new MurmurError('bad_message', `${url} answers, but not as a coordinator does; name a coordinator with --url`, { cause: error });
  }
}

async function refusalOf(response: Response, url: string): Promise<MurmurError> {
  const body: unknown = await response.json().catch(() => null);
  if (isErrorReply(body)) return fromErrorBody(body.error);
  return new MurmurError('bad_message', `${url} answers ${response.status} ${response.statusText}, but not as a coordinator does; name a coordinator with --url`);
}

function isErrorReply(body: unknown): body is { readonly error: ErrorBody } {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false;
  const { error } = body;
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' && Object.hasOwn(ERROR_CODES, error.code)
    && 'message' in error && typeof error.message === 'string';
}
