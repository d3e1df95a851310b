/**
 * A small server that stands in for a coordinator before the dashboard: the real pages from a
 * bundle folder, a real socket.io `/watch`, and whatever live state a test feeds it.
 */
import { createServer, type Server as HttpServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import type { LiveRound, LiveState, WatchEvents } from '../../shared/protocol/live-view.ts';
import type { LiveSwarmHistory } from '../../shared/protocol/swarm-history.ts';
import type { LiveSwarm } from '../../shared/protocol/live-swarm.ts';

/** The strictest policy that the pages promise to live with. */
export const STRICT_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'";

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.map': 'application/json',
};

export interface FakeWatch {
  readonly url: string;
  setState(state: LiveState): void;
  addRounds(task: string, rounds: readonly LiveRound[]): void;
  setSwarm(swarm: LiveSwarm): void;
  /** Told to whoever connects from now on. */
  setHistory(history: LiveSwarmHistory): void;
  /** Further answers, by path. */
  readonly answers: Map<string, { readonly type: string; readonly body: string | Uint8Array }>;
  /** Closes every connection and the port: the coordinator is gone. */
  goAway(): Promise<void>;
  /** The same port again, with the state kept. */
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

export async function startFakeWatch(assets: string, initial: LiveState, port = 0): Promise<FakeWatch> {
  let state = initial;
  const rounds = new Map<string, LiveRound[]>();
  const swarms = new Map<string, LiveSwarm>();
  const histories = new Map<string, LiveSwarmHistory>();
  const answers: FakeWatch['answers'] = new Map();
  let http: HttpServer;
  let sockets: Server<Record<string, never>, WatchEvents>;
  let bound = port;

  async function answer(path: string): Promise<{ type: string; body: string | Uint8Array } | null> {
    const given = answers.get(path);
    if (given !== undefined) return given;
    const file = path === '/' ? 'index.html' : path === '/join' ? 'join.html' : path.startsWith('/assets/') ? normalize(path.slice('/assets/'.length)) : null;
    if (file === null || file.startsWith('..')) return null;
    try {
      return { type: TYPES[extname(file)] ?? 'application/octet-stream', body: await readFile(join(assets, file)) };
    } catch {
      return null;
    }
  }

  async function listen(): Promise<void> {
    http = createServer((request, response) => {
      void answer(new URL(request.url ?? '/', 'http://localhost').pathname).then((found) => {
        response.setHeader('Content-Security-Policy', STRICT_POLICY);
        if (found === null) response.writeHead(404).end('not found');
        else response.writeHead(200, { 'Content-Type': found.type }).end(found.body);
      });
    });
    sockets = new Server(http, { perMessageDeflate: false });
    sockets.of('/watch').on('connection', (socket) => {
      socket.emit('state', state);
      for (const [task, ended] of rounds) socket.emit('rounds', task, ended);
      for (const history of histories.values()) socket.emit('swarmHistory', history);
      for (const swarm of swarms.values()) socket.emit('swarm', swarm);
    });
    await new Promise<void>((resolve) => http.listen(bound, '127.0.0.1', resolve));
    bound = (http.address() as AddressInfo).port;
  }

  async function close(): Promise<void> {
    // `close` waits for every connection, and a browser holds some open that never carried a request: they go first.
    const closed = sockets.close();
    http.closeAllConnections();
    await closed;
  }

  await listen();
  return {
    url: `http://127.0.0.1:${bound}`,
    answers,
    setState(next) {
      state = next;
      sockets.of('/watch').emit('state', state);
    },
    addRounds(task, added) {
      rounds.set(task, [...(rounds.get(task) ?? []), ...added]);
      sockets.of('/watch').emit('rounds', task, added);
    },
    setSwarm(swarm) {
      swarms.set(swarm.task, swarm);
      sockets.of('/watch').emit('swarm', swarm);
    },
    setHistory(history) {
      histories.set(history.task, history);
    },
    goAway: close,
    comeBack: listen,
    stop: close,
  };
}
