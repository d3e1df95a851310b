/**
 * One of the demo's peers: a process that gets its settings over its parent's channel, learns with its neighbours until told to
 * leave, and leaves, too, when the channel closes because the parent died. Asked for its model, it gives it: the parent looks on.
 */
import { fileURLToPath } from 'node:url';
import { startGossipAgent, type RunningGossipAgent } from '../../client/node/gossip-agent.ts';
import { toMurmurError } from '../../shared/errors.ts';
import { asTaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { openDataset } from '../datasets.ts';

/** Plain data: it crosses a process boundary. */
export interface PeerSettings {
  readonly url: string;
  readonly task: string;
  readonly name: string;
  /** As on the command line: `mnist:3/8?alpha=0.5&seed=1`. */
  readonly dataset: string;
  /** Where it keeps its identity and its model. */
  readonly stateFolder: string;
  /** Shared by the demo's peers: one measures for all. */
  readonly measurementsFolder: string;
}

/** What the parent may ask, and what it is answered. */
export interface ModelRequest {
  readonly wanted: 'model';
  readonly id: number;
}
export interface ModelReply {
  readonly id: number;
  /** Safetensors. */
  readonly model: Uint8Array;
  readonly round: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

const inAll = (bytes: Readonly<Record<string, number>>): number => Object.values(bytes).reduce((sum, one) => sum + one, 0);

function replyOf(agent: RunningGossipAgent, id: number): ModelReply {
  const { bytesSent, bytesReceived } = agent.metrics;
  return { id, model: agent.exportModel(), round: agent.round, bytesSent: inAll(bytesSent), bytesReceived: inAll(bytesReceived) };
}

async function runPeerProcess(): Promise<void> {
  const settings = await new Promise<PeerSettings>((resolve) => process.once('message', (message) => resolve(message as PeerSettings)));
  let agent: RunningGossipAgent | null = null;
  let leaving = false;
  const starting = new AbortController();
  const leave = (): void => {
    if (leaving) return;
    leaving = true;
    starting.abort();
    const stopped = agent === null ? Promise.resolve() : agent.stop();
    void stopped.catch(() => undefined).finally(() => process.exit(0));
  };
  process.once('disconnect', leave);
  process.once('SIGTERM', leave);
  process.on('message', (message: unknown) => {
    // Who has no model yet does not answer.
    if (typeof message === 'object' && message !== null && 'wanted' in message && agent !== null) process.send?.(replyOf(agent, (message as ModelRequest).id));
  });
  try {
    const { url, task, name, stateFolder, measurementsFolder } = settings;
    const dataset = openDataset(settings.dataset);
    agent = await startGossipAgent({ introducers: [url], task: asTaskId(task), name, dataset: () => dataset, stateFolder, measurementsFolder, logger: silentLogger, signal: starting.signal });
    // When its rounds are over it stays: newcomers may want its model.
    await agent.finished;
  } catch (thrown) {
    if (leaving) return;
    // The text must be out before the process ends.
    if (process.send) process.send({ failed: toMurmurError(thrown).message }, () => process.exit(1));
    else process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runPeerProcess();
