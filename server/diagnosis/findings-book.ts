/** The findings that stand: which are new at a round's end, which go on, and which are over. */
import type { FindingRecord } from './finding-record.ts';
import { LEAST_PARTS, type TaskHistory } from './history.ts';
import type { Finding, Reading } from './reading.ts';

/** Findings of one reading that are kept, the first ones: who has hundreds of bad edges knows enough. */
const MOST_OF_A_READING = 50;
/** Rounds in which it is not found after which a finding is over: what comes and goes is told once. */
const GONE_AFTER = 2;

export interface FindingsBook {
  /** Those that stand, by reading in the order of the registry. */
  standing(): readonly FindingRecord[];
  /** Reads the history at a round's end. @throws what a reading throws */
  read(history: TaskHistory, round: number): FindingChanges;
}

export interface FindingChanges {
  readonly found: readonly FindingRecord[];
  readonly over: readonly FindingRecord[];
  /** Everything that is to be stored anew, `found` and `over` among it. */
  readonly changed: readonly FindingRecord[];
}

const keyOf = (reading: string, subject: string): string => `${reading}\n${subject}`;

/** @param earlier findings that stand from before, of a task that is taken up again */
export function createFindingsBook(readings: readonly Reading[], earlier: readonly FindingRecord[] = []): FindingsBook {
  const standing = new Map(earlier.filter(({ overIn }) => overIn === null).map((record) => [keyOf(record.reading, record.subject), record]));

  return {
    standing() {
      const order = new Map(readings.map(({ name }, i) => [name, i]));
      return [...standing.values()].sort((a, b) => (order.get(a.reading) ?? Infinity) - (order.get(b.reading) ?? Infinity));
    },
    read(history, round) {
      const lastPart = new Map(history.edges.map(({ edge, parts }) => [edge, parts.length < LEAST_PARTS ? 0 : parts[parts.length - 1].round]));
      /** Of edges that have not taken part since, or hardly ever since a restart, there is nothing new to say. */
      const isHeardOf = ({ edges, lastIn }: FindingRecord): boolean => edges.length === 0 || edges.some((edge) => (lastPart.get(edge) ?? 0) > lastIn);
      const found: FindingRecord[] = [];
      const over: FindingRecord[] = [];
      const goesOn: FindingRecord[] = [];
      for (const reading of readings) {
        if (reading.needs.singleEdges && !history.facts.singleEdges) continue;
        const now = reading.read(history)?.slice(0, MOST_OF_A_READING);
        if (now === undefined) continue;
        const subjects = new Set(now.map(({ subject }) => subject));
        for (const finding of now) {
          const key = keyOf(reading.name, finding.subject);
          const before = standing.get(key);
          const record = recordOf(reading.name, finding, before, round);
          standing.set(key, record);
          (before ? goesOn : found).push(record);
        }
        for (const [key, record] of standing) {
          if (record.reading !== reading.name || subjects.has(record.subject) || round - record.lastIn < GONE_AFTER || !isHeardOf(record)) continue;
          standing.delete(key);
          over.push({ ...record, overIn: round });
        }
      }
      return { found, over, changed: [...found, ...goesOn, ...over] };
    },
  };
}

function recordOf(reading: string, finding: Finding, before: FindingRecord | undefined, round: number): FindingRecord {
  return { ...finding, reading, since: Math.min(finding.since, before?.since ?? Infinity), foundIn: before?.foundIn ?? round, lastIn: round, overIn: null };
}
