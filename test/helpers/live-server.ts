/** A real coordinator on loopback, with its data in a temporary folder; the model is the toy line, so that no worker with TensorFlow is started. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectSocketLink } from '../../client/edge/socket-link.ts';
import { startServer, type RunningServer, type ServerOptions } from '../../server/start-server.ts';
import { asTaskId } from '../../shared/ids.ts';
import type { Assign } from '../../shared/protocol/messages.ts';
import type { LiveRound } from '../../shared/protocol/live-view.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { openHandEdge, type EdgeLink, type HandEdge, type HandEdgeOptions } from './hand-edge.ts';
import { createToyEvaluator } from './toy-task.ts';

export interface LiveServer {
  readonly server: RunningServer;
  readonly folder: string;
  /** Ended rounds, oldest first. */
  readonly rounds: readonly LiveRound[];
  connect(): Promise<EdgeLink>;
  /** Connects and enrols with the enrolment token, unless said otherwise. */
  handEdge(options?: HandEdgeOptions): Promise<HandEdge>;
  runTask(spec: TaskSpecInput): Promise<void>;
  /** Resolves when so many rounds have ended. */
  untilRounds(count: number): Promise<void>;
  /** Weights of a committed version, as its checkpoint is handed out. */
  weightsOf(task: string, version: number): Promise<number[]>;
  api(path: string, options?: RequestInit & { readonly admin?: boolean }): Promise<{ readonly status: number; readonly body: unknown }>;
  stop(): Promise<void>;
}

export async function startLiveServer(options: ServerOptions = {}): Promise<LiveServer> {
  const folder = options.data ?? (await mkdtemp(join(tmpdir(), 'murmuration-')));
  const server = await startServer({ port: 0, seed: 1, evaluator: createToyEvaluator(), ...options, data: folder });
  const rounds: LiveRound[] = [];
  const waiting = new Set<() => void>();
  server.coordinator.listen({
    roundEnded(_task, round) {
      rounds.push(round);
      for (const look of waiting) look();
    },
  });
  const links: EdgeLink[] = [];
  const connect = async (): Promise<EdgeLink> => {
    const link = await connectSocketLink(server.url, new AbortController().signal);
    links.push(link);
    return link;
  };
  const api: LiveServer['api'] = async (path, { admin = false, ...request } = {}) => {
    const response = await fetch(new URL(path, server.url), { ...request, headers: { ...(admin ? { authorization: `Bearer ${server.adminToken}` } : {}), ...(request.headers as Record<string, string> | undefined) } });
    return { status: response.status, body: await response.json() };
  };
  return {
    server, folder, rounds, connect, api,
    handEdge: async (edge = {}) => openHandEdge(await connect(), { token: server.enrolmentToken, ...edge }),
    async runTask(spec) {
      await server.createTask(spec);
      await server.startTask(spec.name);
    },
    untilRounds: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (rounds.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async weightsOf(task, version) {
      const { body } = await api(`/api/tasks/${task}/versions/${version}`);
      const digest = (body as { version: { checkpoint: string } }).version.checkpoint;
      const response = await fetch(new URL(`/checkpoints/${digest}`, server.url));
      return [...decodeCheckpoint(new Uint8Array(await response.arrayBuffer())).parameters.values];
    },
    async stop() {
      for (const link of links) link.close();
      await server.stop();
      if (options.data === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface SelectedHand {
  readonly hand: HandEdge;
  readonly assign: Assign;
}

/** So many edges check in for the task and are all selected. */
export async function selectHands(live: LiveServer, task: string, count: number): Promise<SelectedHand[]> {
  const hands: HandEdge[] = [];
  for (let i = 0; i < count; i++) hands.push(await live.handEdge());
  await Promise.all(hands.map((hand) => hand.checkIn(asTaskId(task))));
  const assigns = await Promise.all(hands.map((hand) => hand.nextAssign()));
  return hands.map((hand, i) => ({ hand, assign: assigns[i] }));
}
