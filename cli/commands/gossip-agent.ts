/** `murmur agent --gossip`: learns with other peers, with data that stays on this machine, until the task's rounds are over or Ctrl-C. */
import { join, resolve } from 'node:path';
import type { RunningGossipAgent } from '../../client/node/gossip-agent.ts';
import { systemClock } from '../../shared/clock.ts';
import { MurmurError, toErrorBody } from '../../shared/errors.ts';
import { formatBytes, formatPercent } from '../../shared/format.ts';
import { asTaskId, TASK_ID_PATTERN } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import { describeGossip, describeMesh } from '../describe-gossip.ts';
import { whenAborted } from '../interruption.ts';
import { createTextLogger } from '../logger.ts';
import type { Output } from '../output.ts';
import { createPeerLines } from '../peer-lines.ts';
import { DEFAULT_DATA, findCoordinator } from '../remote/find-coordinator.ts';
import { writeExport } from '../write-export.ts';

export interface GossipCommandOptions {
  readonly url?: string;
  readonly task?: string;
  readonly peers?: readonly string[];
  readonly listen?: { readonly host?: string; readonly port: number };
  readonly bind?: string;
  readonly export?: string;
  readonly dataset: readonly string[];
  readonly name: string;
  readonly token?: string;
  readonly state: string;
  readonly backend: 'auto' | BackendName;
}

export async function gossip(options: GossipCommandOptions, signal: AbortSignal, output: Output): Promise<void> {
  // Loaded here, so that the other commands need not wait for it.
  const [{ startGossipAgent }, { datasetChooser }] = await Promise.all([import('../../client/node/gossip-agent.ts'), import('../datasets.ts')]);
  const { task } = options;
  if (task !== undefined && !TASK_ID_PATTERN.test(task)) throw new MurmurError('bad_usage', `--task ${task} is no name of a task`);
  const introducers = await introducersOf(options);
  const token = options.token ?? process.env.MURMUR_ENROL_TOKEN;
  let accuracy: number | null = null;
  const lines = createPeerLines(systemClock);
  const agent = await startGossipAgent({
    introducers, dataset: datasetChooser(options.dataset), stateFolder: options.state, name: options.name, signal,
    ...(task === undefined ? {} : { task: asTaskId(task) }),
    ...(token === undefined ? {} : { token }),
    ...(options.backend === 'auto' ? {} : { backend: options.backend }),
    ...(options.listen === undefined ? {} : { listen: options.listen }),
    ...(options.bind === undefined ? {} : { bindAddress: options.bind }),
    logger: process.env.MURMUR_LOG === undefined ? silentLogger : createTextLogger(output),
    onEvent(event) {
      if (event.type === 'evaluated') accuracy = event.accuracy;
      if (output.json || lines.isWorthALine(event)) tell(output, event, describeGossip(event));
    },
    onMeshEvent(event) {
      if (output.json || lines.isWorthALine(event)) tell(output, event, describeMesh(event));
    },
  }).catch((thrown: unknown) => {
    if (!signal.aborted) throw thrown;
    return null;
  });
  if (agent === null) return output.result({ event: 'left', peer: null, rounds: 0 }, 'Left before it took part.');
  const at = agent.url === null ? '' : ` It lets newcomers in at ${agent.url}.`;
  output.event({ event: 'started', peer: agent.peer, task: agent.task.name, backend: agent.backend, url: agent.url }, `Peer ${options.name} (${agent.peer}) learns ${agent.task.name} on ${agent.backend}.${at}`);
  try {
    await Promise.race([agent.finished, whenAborted(signal)]);
  } finally {
    await agent.stop();
  }
  await end(agent, accuracy, options.export, output);
}

async function end(agent: RunningGossipAgent, accuracy: number | null, file: string | undefined, output: Output): Promise<void> {
  const model = agent.exportModel();
  if (file !== undefined) await writeExport(file, model);
  const kept = file === undefined ? '' : ` Its model is written to ${resolve(file)} (${formatBytes(model.byteLength)}).`;
  const measured = accuracy === null ? '' : `, accuracy ${formatPercent(accuracy)} on its own held-out examples`;
  output.result({ event: 'left', peer: agent.peer, task: agent.task.name, rounds: agent.round, accuracy, export: file === undefined ? null : resolve(file) }, `Left after ${agent.round} rounds${measured}.${kept}`);
}

/** Where nobody is named, the coordinator on this machine; where peers are, they are enough. */
async function introducersOf({ url, peers = [] }: GossipCommandOptions): Promise<readonly string[]> {
  for (const peer of peers) if (!/^https?:\/\//.test(peer) || !URL.canParse(peer)) throw new MurmurError('bad_usage', `--peers ${peer} is no address; give one like http://127.0.0.1:8701`);
  if (url === undefined && peers.length > 0) return peers;
  return [(await findCoordinator(url === undefined ? {} : { url })).url, ...peers];
}

function tell(output: Output, event: { readonly type: string }, text: string | null): void {
  if (text === null) return;
  // An error has no JSON of its own.
  const plain = Object.fromEntries(Object.entries(event).map(([key, value]: [string, unknown]) => [key, value instanceof Error ? toErrorBody(value) : value]));
  output.event({ event: event.type, ...plain }, text);
}

/** One folder is one peer. */
export const stateFolderOf = (name: string): string => join(DEFAULT_DATA, 'agents', name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^\.+/, '') || 'agent');
