/** `murmur serve`: runs a coordinator until it is stopped. */
import type { Command } from 'commander';
import { MurmurError } from '../../shared/errors.ts';
import type { ServerOptions } from '../../server/index.ts';
import { collect, parseIceServer, parsePort, splitTask } from '../arguments.ts';
import { whenAborted, withInterruption } from '../interruption.ts';
import { createTextLogger } from '../logger.ts';
import type { Output } from '../output.ts';
import { ownCommand } from '../own-command.ts';
import { DEFAULT_DATA } from '../remote/find-coordinator.ts';

interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly adminToken?: string;
  readonly enrolToken?: string;
  readonly open?: true;
  readonly cert?: string;
  readonly key?: string;
  readonly evaluate?: readonly string[];
  readonly ice?: readonly string[];
}

export function addServe(parent: Command, output: Output): void {
  parent
    .command('serve')
    .description('run a coordinator until Ctrl-C')
    .option('--host <host>', 'address to listen on; beyond loopback both tokens are needed', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 takes a free one', parsePort, 8700)
    .option('--data <folder>', 'where tasks, rounds and checkpoints are kept', DEFAULT_DATA)
    .option('--admin-token <token>', 'asked of whoever changes something (default: MURMUR_ADMIN_TOKEN, else the one kept in --data)')
    .option('--enrol-token <token>', 'asked of edges that enrol (default: MURMUR_ENROL_TOKEN, else the one kept in --data)')
    .option('--open', 'let edges enrol without a token (loopback only)')
    .option('--cert <file>', 'TLS certificate, PEM; with --key')
    .option('--key <file>', 'TLS private key, PEM; with --cert')
    .option('--evaluate <task=dataset>', "evaluate a task's versions on a dataset of the coordinator's own; may be given several times", collect)
    .option('--ice <server>', 'a STUN or TURN server for peers in gossip mode: stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT; may be given several times (default: none)', collect)
    .action((options: ServeOptions) => withInterruption((signal) => serve(options, signal, output)));
}

async function serve(options: ServeOptions, signal: AbortSignal, output: Output): Promise<void> {
  // Loaded here, so that the other commands need not wait for it.
  const [{ startServer }, { keepHeapSlack }, { evaluationLoaders }] = await Promise.all([import('../../server/index.ts'), import('../../server/heap-slack.ts'), import('../datasets.ts')]);
  const { host, port, data } = options;
  if (options.open && options.enrolToken !== undefined) throw new MurmurError('bad_usage', '--open and --enrol-token exclude each other');
  const adminToken = options.adminToken ?? process.env.MURMUR_ADMIN_TOKEN;
  const enrolToken = options.enrolToken ?? process.env.MURMUR_ENROL_TOKEN;
  const tls = tlsOf(options);
  const settings: ServerOptions = {
    host, port, data,
    ...(tls === null ? {} : { tls }),
    ...(adminToken === undefined ? {} : { adminToken }),
    enrolment: options.open ? { open: true } : { ...(enrolToken === undefined ? {} : { token: enrolToken }) },
    logger: createTextLogger(output),
    evaluation: evaluationLoaders((options.evaluate ?? []).map(evaluationOf)),
    iceServers: (options.ice ?? []).map(parseIceServer),
  };
  const giveHeapBack = keepHeapSlack();
  const server = await startServer(settings);
  output.event({ event: 'listening', url: server.url, port: server.port, data }, describeServer(server.url, data, options.open ? null : server.enrolmentToken));
  await whenAborted(signal);
  output.note('Stopping …');
  await server.stop();
  giveHeapBack();
  output.result({ event: 'stopped', url: server.url }, 'Stopped.');
}

function describeServer(url: string, data: string, enrolmentToken: string | null): string {
  const token = enrolmentToken === null ? '' : ` --token ${enrolmentToken}`;
  return [
    `The coordinator listens on ${url} and keeps its state in ${data}.`,
    `  page            ${url}/`,
    `  join a tab      ${url}/join${enrolmentToken === null ? '' : `#token=${enrolmentToken}`}`,
    `  join an agent   ${ownCommand(`agent --url ${url}${token} --dataset csv:FILE`)}`,
    `  create a task   ${ownCommand(`task create FILE --start --data ${data}`)}`,
  ].join('\n');
}

function evaluationOf(text: string): { readonly task: string; readonly dataset: string } {
  const { task, value } = splitTask(text);
  if (task === null) throw new MurmurError('bad_usage', `--evaluate ${text}: give TASK=DATASET, as in digits=idx:images,labels`);
  return { task, dataset: value };
}

/** The server reads the files and names the one that is none. */
function tlsOf({ cert, key }: ServeOptions): { readonly cert: string; readonly key: string } | null {
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) throw new MurmurError('bad_usage', 'TLS takes both --cert and --key');
  return { cert, key };
}
