/** `murmur edges revoke EDGE`. */
import type { Command } from 'commander';
import type { Output } from '../output.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';

export function addEdgesRevoke(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('revoke'))
    .description('shut one edge out, for good')
    .argument('<edge>', 'its id, as `edges list` shows it')
    .action(async (edge: string, options: CoordinatorOptions) => {
      await (await connect(options)).revokeEdge(edge);
      output.result({ edge, revoked: true }, `Edge ${edge} is revoked.`);
    });
}
