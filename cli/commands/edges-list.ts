/** `murmur edges list`. */
import type { Command } from 'commander';
import type { Output } from '../output.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';
import { formatTable } from '../table.ts';

export function addEdgesList(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('list'))
    .description('list the enrolled edges')
    .action(async (options: CoordinatorOptions) => {
      const edges = await (await connect(options)).listEdges();
      const rows = edges.map((edge) => [edge.id, edge.name, edge.role, new Date(edge.enrolledAt).toISOString(), edge.revokedAt === null ? '' : `revoked ${new Date(edge.revokedAt).toISOString()}`]);
      output.result({ edges }, edges.length === 0 ? 'No edge is enrolled yet. Start one with `murmur agent`, or open /join in a browser.' : formatTable(['EDGE', 'NAME', 'ROLE', 'ENROLLED', ''], rows));
    });
}
