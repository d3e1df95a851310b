/** What happens in a run, a line an event, in virtual time: for people, and to tell whether two runs are the same. */
import { createHash } from 'node:crypto';

/** Says that something happened; left out where nobody listens, since to put it into words costs more than the event. */
export type Trace = (who: string, what: string) => void;

/** Lines as `   1234.5  edge 2       report ► dropped`. Milliseconds from the start of the run. */
export function traceTo(write: (line: string) => void, elapsedMs: () => number): Trace {
  return (who, what) => write(`${elapsedMs().toFixed(1).padStart(10)}  ${who.padEnd(14)} ${what}`);
}

export interface TraceHash {
  readonly write: (line: string) => void;
  digest(): string;
}

export function hashTrace(): TraceHash {
  const hash = createHash('sha256');
  return { write: (line) => void hash.update(`${line}\n`), digest: () => hash.digest('hex') };
}
