/** The options that every command has which speaks to a running coordinator. */
import type { Command } from 'commander';
import { createApiClient, type ApiClient } from './api-client.ts';
import { DEFAULT_DATA, DEFAULT_URL, findCoordinator, type CoordinatorOptions } from './find-coordinator.ts';

export function withRemoteOptions(command: Command): Command {
  return command
    .option('--url <url>', `the coordinator (default: the one that runs on --data, else ${DEFAULT_URL})`)
    .option('--admin-token <token>', 'the right to change something (default: MURMUR_ADMIN_TOKEN, else the file admin-token in --data)')
    .option('--data <folder>', 'data folder of a coordinator on this machine', DEFAULT_DATA);
}

export async function connect(options: CoordinatorOptions): Promise<ApiClient> {
  return createApiClient(await findCoordinator(options));
}
