/** The line in which a run of the demo ends: a contract with other programs. */
import type { RunningServer } from '../../server/index.ts';
import { asTaskId } from '../../shared/ids.ts';
import { createApiClient } from '../remote/api-client.ts';

export interface DemoResult {
  readonly task: string;
  /** The last round that ended. */
  readonly rounds: number;
  /** Of the newest version, on all held-out examples. */
  readonly accuracy: number | null;
  /** Over all rounds, those of earlier starts included. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** From the end of the set-up to now. */
  readonly wallSeconds: number;
  /** SHA-256 of the newest version's checkpoint. */
  readonly digest: string;
}

export async function demoResult(server: RunningServer, task: string, wallSeconds: number): Promise<DemoResult> {
  const rounds = await server.coordinator.liveRounds(asTaskId(task));
  const { version } = await createApiClient({ url: server.url, adminToken: null }).getVersion(task, 'latest');
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    task,
    rounds: rounds.at(-1)?.round ?? 0,
    accuracy: version.metrics.accuracy ?? null,
    bytesUp: sum(rounds.map(({ bytesUp }) => bytesUp)),
    bytesDown: sum(rounds.map(({ bytesDown }) => bytesDown)),
    wallSeconds: Math.round(wallSeconds * 1000) / 1000,
    digest: version.checkpoint,
  };
}
