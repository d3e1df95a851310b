/** What the parts of one fault run share: the world's clock, what is written down of the run, and how far it is. */
import { toMurmurError } from '../../shared/errors.ts';
import { silentLogger, type Logger } from '../../shared/logger.ts';
import { createRandom, type RandomSource } from '../../shared/random.ts';
import { createVirtualClock, type VirtualClock } from '../virtual-clock.ts';
import { EPOCH_MS } from '../virtual-epoch.ts';
import type { AnySchedule } from './fault-kind.ts';
import type { FaultSchedule } from './schedule.ts';
import { traceTo, type Trace } from './trace.ts';

export interface RunContext<Schedule = FaultSchedule> {
  readonly schedule: Schedule;
  readonly clock: VirtualClock;
  readonly random: RandomSource;
  readonly trace: Trace | null;
  /** Sentences; none is the wanted answer. */
  readonly violations: readonly string[];
  readonly violate: (sentence: string) => void;
  /** Faults that struck, and what followed of them, by name. */
  readonly strikes: Readonly<Record<string, number>>;
  readonly struck: (what: string) => void;
  /** Edges that got something wrong, as if a coordinator had said it. */
  readonly lied: Set<number>;
  /** Nothing more is broken. */
  peace: boolean;
  /** The task is. */
  finished: boolean;
  /** Virtual milliseconds since the run began. */
  elapsedMs(): number;
  /** Of one process: what it logs stands in the trace, and an internal error is a violation. `dead`: nobody hears it any more. */
  loggerOf(who: string, dead?: () => boolean): Logger;
}

export function createRunContext<Schedule extends AnySchedule>(schedule: Schedule, onTrace?: (line: string) => void): RunContext<Schedule> {
  const clock = createVirtualClock(EPOCH_MS);
  const born = clock.now();
  const elapsedMs = (): number => clock.now() - born;
  const trace = onTrace ? traceTo(onTrace, elapsedMs) : null;
  const violations: string[] = [];
  const strikes: Record<string, number> = {};
  const lied = new Set<number>();
  const violate = (sentence: string): void => {
    if (trace) trace('VIOLATION', sentence);
    violations.push(sentence);
  };

  return {
    schedule, clock, trace, violations, violate, strikes, lied, elapsedMs,
    random: createRandom(schedule.seed).fork('run'),
    peace: false,
    finished: false,
    struck(what) {
      strikes[what] = (strikes[what] ?? 0) + 1;
    },
    loggerOf(who, dead = () => false) {
      const heard = (level: string) => (fields: object, message: string): void => {
        if (dead()) return;
        if (trace && level !== 'debug') trace(who, `${level}: ${message}${'phase' in fields && message === 'phase' ? ` ${String(fields.phase)}` : ''}`);
        const code = 'code' in fields ? fields.code : 'err' in fields ? toMurmurError(fields.err).code : null;
        // A code that was garbled on its way reads as `internal`, too; what went wrong here has its cause with it.
        const heardOf = lied.size > 0 && 'err' in fields && fields.err instanceof Error && fields.err.cause === undefined;
        if (code === 'internal' && !heardOf) violate(`${who} logged an internal error: ${message}${'err' in fields && fields.err instanceof Error ? `\n${fields.err.stack ?? ''}` : ''}`);
      };
      if (!trace) return { ...silentLogger, error: heard('error') };
      return { debug: heard('debug'), info: heard('info'), warn: heard('warn'), error: heard('error') };
    },
  };
}
