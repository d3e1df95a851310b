/** `murmur edges revoke EDGE`. */
import type { Command } from 'commander';
import { isMurmurError, MurmurError } from '../../shared/errors.ts';
import type { Output } from '../output.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';

export function addEdgesRevoke(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('revoke'))
    .description('shut one edge out, for good')
    .argument('<edge>', 'its id, as `edges list` shows it')
    .action(async (edge: string, options: CoordinatorOptions) => {
      const api = await connect(options);
      await api.revokeEdge(edge).catch((thrown: unknown) => {
        throw isMurmurError(thrown, 'not_found') ? new MurmurError('not_found', `no edge is enrolled as ${edge}; \`murmur edges list\` shows the ids of those that are`, { cause: thrown }) : thrown;
      });
      output.result({ edge, revoked: true }, `Edge ${edge} is revoked.`);
    });
}
