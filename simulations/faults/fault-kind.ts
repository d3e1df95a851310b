/**
 * What fault seeds break: whole federations, or whole swarms of peers. A kind draws schedules, runs them and knows how they can be
 * made smaller; to run many seeds, to tell what was found, to shrink and to replay is the same for all.
 */

/** What goes wrong in one run, and in which world: plain data. */
export interface AnySchedule {
  /** Of everything that the schedule does not say. */
  readonly seed: number;
  readonly world: object;
  readonly faults: readonly object[];
}

export interface FaultRun {
  /** Sentences; none is the wanted answer. */
  readonly violations: readonly string[];
  /** What the run came to, by name: rounds, reports, channels. */
  readonly counts: Readonly<Record<string, number>>;
  /** Faults that struck, and what followed of them, by name. */
  readonly struck: Readonly<Record<string, number>>;
  /** Virtual milliseconds. */
  readonly tookMs: number;
}

export interface RunOptions {
  readonly onTrace?: (line: string) => void;
  /** Rejections that nobody handled are told to this while the run goes on. */
  readonly onUnhandled?: (listener: (thrown: unknown) => void) => () => void;
}

/** Runs schedules one after the other. */
export interface Ground<Schedule> {
  run(schedule: Schedule, options: RunOptions): Promise<FaultRun>;
  close(): Promise<void>;
}

export interface FaultKind<Schedule extends AnySchedule = AnySchedule> {
  /** How the seeds are run by hand. */
  readonly command: string;
  /** What files with a schedule are called, before its seed. */
  readonly files: string;
  draw(seed: number): Schedule;
  /** @throws bad_config with the path of each wrong field */
  parse(value: unknown): Schedule;
  open(): Promise<Ground<Schedule>>;
  /** With other faults, in the same world. */
  withFaults(schedule: Schedule, faults: Schedule['faults']): Schedule;
  /** One thing of the world made smaller; faults of what is no more are left out. */
  smallerWorlds(schedule: Schedule): Iterable<Schedule>;
  /** One fault at a time made plainer. */
  plainerFaults(schedule: Schedule): Iterable<Schedule>;
}
