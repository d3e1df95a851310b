/** What a simulation is told beside its scenario. */
import type { Logger } from '../../shared/logger.ts';
import type { createVirtualClock } from '../virtual-clock.ts';
import type { RecordLine, RoundLine } from './record.ts';

export interface SimulateOptions {
  readonly seed: number;
  /** Threads that train; as many as this machine has cores unless said. */
  readonly workers?: number;
  /** Goes on to the scenario's last round where the target is reached before. */
  readonly full?: boolean;
  /** Where database, blobs and journal lie, so that the run can be resumed; left out: in memory. */
  readonly folder?: string | null;
  /** Rounds that a run which is resumed has behind it. */
  readonly before?: readonly RoundLine[];
  /** Ends the run after the round under way is left where it is. */
  readonly signal?: AbortSignal;
  readonly onLine?: (line: RecordLine) => void;
  readonly logger?: Logger;
  /** For tests. */
  readonly createClock?: typeof createVirtualClock;
}

/** The same with what nobody need name. */
export type CompleteOptions = SimulateOptions & Required<Pick<SimulateOptions, 'workers' | 'logger' | 'before'>>;
