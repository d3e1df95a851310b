/** What a reading is: it looks at a task's history for one kind of trouble. One file each; every sibling passes test/conformance/reading.ts. */
import type { EdgeId } from '../../shared/ids.ts';
import type { TaskHistory } from './history.ts';

/** `possible`: worth a look. `likely`: most often it is so. `certain`: it happened, there is nothing to guess. */
export type Sureness = 'possible' | 'likely' | 'certain';

/** One line of a picture: values by round. */
export interface EvidenceLine {
  readonly name: string;
  readonly points: readonly (readonly [round: number, value: number])[];
}

/** Plain data: it is stored, and shown on the page. */
export interface Finding {
  /** What it is about, so that it is the same finding in the next round: an edge's id, a reason; empty for the task itself. */
  readonly subject: string;
  /** One sentence for people, with the numbers that matter most. */
  readonly what: string;
  /** The round from which on the evidence says so. */
  readonly since: number;
  readonly sure: Sureness;
  /** In numbers, by name, the name as people read it. All finite. */
  readonly evidence: Readonly<Record<string, number>>;
  /** Whom it is about; empty where it is about the task. */
  readonly edges: readonly EdgeId[];
  /** What to try, the most promising first. */
  readonly remedies: readonly string[];
  /** For a picture; empty where one does not help. */
  readonly lines: readonly EvidenceLine[];
}

export interface Reading {
  readonly name: string;
  /** One line for people: what it looks for. */
  readonly summary: string;
  readonly needs: {
    /** True where it goes by what single edges reported; it is left out where a task does not allow that. */
    readonly singleEdges: boolean;
  };
  /**
   * Pure: the same history, the same findings; at most one of each subject. null: it cannot tell, as from too few rounds, and
   * what it found before stands.
   */
  read(history: TaskHistory): readonly Finding[] | null;
}

/** Rounds shown in a picture. */
const SHOWN = 40;

/** A line of what is known of each round. */
export function lineOf<Item extends { readonly round: number }>(name: string, items: readonly Item[], valueOf: (item: Item) => number | null): EvidenceLine {
  const points = items.flatMap((item): [number, number][] => {
    const value = valueOf(item);
    return value !== null && Number.isFinite(value) ? [[item.round, value]] : [];
  });
  return { name, points: points.slice(-SHOWN) };
}

/** Three significant digits, as sentences have them. */
export const said = (value: number): string => (Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : String(Number(value.toPrecision(3))));
