/** `murmur agent`: takes part with this machine's data until it is stopped. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { RunningAgent } from '../../client/node/agent.ts';
import { MurmurError } from '../../shared/errors.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import { collect, DATASETS_HELP, parseList, parseListen, parseRegion } from '../arguments.ts';
import { describeEvent } from '../describe-event.ts';
import { whenAborted, withInterruption } from '../interruption.ts';
import { createTextLogger } from '../logger.ts';
import type { Output } from '../output.ts';
import { DEFAULT_DATA, DEFAULT_URL, findCoordinator } from '../remote/find-coordinator.ts';
import { personalExport } from '../personal-export.ts';
import { gossip, stateFolderOf } from './gossip-agent.ts';

interface AgentCommandOptions {
  readonly url?: string;
  readonly dataset: readonly string[];
  readonly name: string;
  readonly token?: string;
  readonly state?: string;
  readonly backend: 'auto' | BackendName;
  readonly region?: string;
  readonly shareLabels?: boolean;
  readonly gossip?: boolean;
  readonly task?: string;
  readonly peers?: readonly string[];
  readonly listen?: { readonly host?: string; readonly port: number };
  readonly bind?: string;
  readonly export?: string;
  readonly exportPersonal?: string;
}

export function addAgent(parent: Command, output: Output): void {
  parent
    .command('agent')
    .description('take part in a federation with data that stays on this machine, until Ctrl-C')
    .option('--url <url>', `the coordinator (default: the one that runs on ./${DEFAULT_DATA}, else ${DEFAULT_URL})`)
    .addOption(new Option('--dataset <[task=]spec>', `the data: ${DATASETS_HELP}; with TASK= for that task alone; may be given several times`).argParser(collect).makeOptionMandatory())
    .option('--name <name>', 'how it shows itself to people', hostname())
    .option('--token <token>', 'what the coordinator asks of edges that enrol (default: MURMUR_ENROL_TOKEN)')
    .option('--state <folder>', 'where its key pair and state are kept; one folder is one edge (default: data/agents/NAME)')
    .addOption(new Option('--backend <name>', 'what computes; auto measures once and keeps the fastest').choices(['auto', 'native', 'wasm', 'cpu']).default('auto'))
    .option('--region <name>', 'where it stands, in your own words: for tasks that select by region', parseRegion)
    .option('--share-labels', 'let a task that asks know how many examples of each class it holds (default: no)')
    .option('--export-personal <file>', 'write there, as safetensors, the model that it can use itself, after each report of its that was accepted')
    .option('--gossip', 'learn with other peers, with nobody who leads them; what follows is for this')
    .option('--task <name>', 'the task in gossip mode (default: the only one there)')
    .option('--peers <url,…>', 'addresses of peers that listen, through which it comes in, too', parseList)
    .option('--listen <[host:]port>', 'let newcomers in at this port of this machine; 0 takes a free one', parseListen)
    .option('--bind <address>', 'the one address to be reached at by WebRTC; 127.0.0.1 keeps everything on this machine')
    .option('--export <file>', 'write its model there when it leaves, as safetensors')
    .action((options: AgentCommandOptions) => {
      const wrong = (['task', 'peers', 'listen', 'bind', 'export'] as const).find((name) => options[name] !== undefined);
      if (options.gossip === true && options.exportPersonal !== undefined) throw new MurmurError('bad_usage', '--export-personal is for edges of a coordinator; a peer has one model: --export');
      if (options.gossip !== true && wrong !== undefined) throw new MurmurError('bad_usage', `--${wrong} is for peers: add --gossip`);
      return withInterruption((signal) => (options.gossip === true ? gossip({ ...options, state: options.state ?? stateFolderOf(options.name) }, signal, output) : takePart(options, signal, output)));
    });
}

async function takePart(options: AgentCommandOptions, signal: AbortSignal, output: Output): Promise<void> {
  // Loaded here, so that the other commands need not wait for it.
  const [{ startAgent }, { datasetChooser, missingFiles }] = await Promise.all([import('../../client/node/agent.ts'), import('../datasets.ts')]);
  const token = options.token ?? process.env.MURMUR_ENROL_TOKEN;
  const { url } = await findCoordinator(options.url === undefined ? {} : { url: options.url });
  let reports = 0;
  let told = '';
  const exported = options.exportPersonal === undefined ? null : personalExport(resolve(options.exportPersonal), output);
  let agent: RunningAgent | null = null;
  agent = await startAgent({
    url,
    dataset: datasetChooser(options.dataset),
    stateFolder: options.state ?? stateFolderOf(options.name),
    name: options.name,
    ...(token === undefined ? {} : { enrolmentToken: token }),
    ...(options.backend === 'auto' ? {} : { backend: options.backend }),
    ...(options.region === undefined ? {} : { region: options.region }),
    shareLabels: options.shareLabels ?? false,
    // What its owner must know comes as events; the log, which would say it a second time, only when asked for.
    logger: process.env.MURMUR_LOG === undefined ? silentLogger : createTextLogger(output),
    onEvent(event) {
      if (event.type === 'reported' && event.outcome === 'accepted') {
        reports++;
        exported?.write(() => agent?.ownModel(event.task) ?? Promise.resolve(null));
      }
      const text = describeEvent(event);
      // It checks in every few seconds: that is worth a line when it serves other tasks than before.
      if (text === null || (event.type === 'checked-in' && text === told)) return;
      if (event.type === 'checked-in') told = text;
      output.event({ event: event.type, ...event }, text);
    },
    signal,
  }).catch((thrown: unknown) => {
    if (!signal.aborted) throw thrown;
    return null;
  });
  if (agent === null) return output.result({ event: 'left', edge: null, reports }, 'Left before it took part.');
  output.event({ event: 'started', backend: agent.backend, name: options.name, url }, `Agent ${options.name} computes on ${agent.backend} for the coordinator at ${url}.`);
  for (const file of await missingFiles(options.dataset)) output.event({ event: 'dataset-missing', file }, `There is no ${file} yet; this agent looks for it when a task needs it.`);
  // Whichever comes first: the owner's Ctrl-C, or the coordinator's refusal, which `finished` throws.
  await Promise.race([agent.finished, whenAborted(signal)]);
  await agent.stop();
  await exported?.settled();
  output.result({ event: 'left', edge: agent.edge, reports }, `Left after ${reports} accepted reports.`);
}
