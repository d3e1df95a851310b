/** Whether the system lets one process hold as many connections as a case needs. */
import { MurmurError } from '../../../shared/errors.ts';

/** Files that a process has open beside its connections: database, journal, modules, pipes. */
const OTHERS = 100;

interface Limits {
  readonly userLimits?: { readonly open_files?: { readonly soft: number | 'unlimited' } };
}

/** Most files that this process may have open (Node has raised the soft limit to the hard one); null where the system does not say. */
export function mostOpenFiles(): number | null {
  const soft = (process.report.getReport() as Limits).userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : null;
}

/** @throws bad_config saying what to do */
export function requireOpenFiles(connections: number, most = mostOpenFiles()): void {
  const needed = connections + OTHERS;
  if (most === null || most >= needed) return;
  throw new MurmurError('bad_config', `${connections} connections take ${needed} open files in one process, and the system allows ${most}: raise the limit for this shell (\`ulimit -n ${needed}\`; beyond its hard limit an administrator must, in /etc/security/limits.conf), or take a smaller case`);
}
