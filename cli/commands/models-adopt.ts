/** `murmur models adopt TASK FILE`: makes a model of elsewhere, a gossip peer's above all, the task's next version. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { MurmurError } from '../../shared/errors.ts';
import { formatBytes, formatPercent } from '../../shared/format.ts';
import { whyUnreadable } from '../../simulations/why-unreadable.ts';
import type { Output } from '../output.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';

export function addModelsAdopt(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('adopt'))
    .description("make a model file the task's next version: what the peers of a gossip run came to")
    .argument('<task>', 'the task: in gossip mode, or a federated one that runs no rounds now')
    .argument('<file>', 'safetensors, as `models export` and `agent --gossip --export` write it')
    .option('--origin <text>', 'where it comes from, for people (default: the name of the file)', parseOrigin)
    .action(async (task: string, file: string, options: CoordinatorOptions & { readonly origin?: string }) => {
      const bytes = await read(file);
      const api = await connect(options);
      const origin = options.origin ?? `adopted from ${basename(file)}`.slice(0, 300);
      const version = await api.adoptModel(task, bytes, origin);
      const measured = version.metrics.accuracy === undefined ? '' : `, accuracy ${formatPercent(version.metrics.accuracy)}`;
      output.result({ task, ...version }, `Version ${version.version} of ${task} at ${api.url} is the model of ${file} (${formatBytes(version.bytes)}${measured}).`);
    });
}

function parseOrigin(text: string): string {
  if (text === '' || text.length > 300) throw new InvalidArgumentError('1 to 300 characters are expected.');
  return text;
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new MurmurError('bad_config', `the model ${file} cannot be read: ${whyUnreadable(error)}`, { cause: error });
  }
}
