/** The track records of one task's edges: kept in memory, changed as assignments end, handed out for storing where they changed. */
import type { EdgeId } from '../../shared/ids.ts';
import { smoothedMs, type TrackRecord } from '../../shared/selection/track-record.ts';

/** An assignment that is no longer open. */
export interface EndedAssignment {
  readonly edge: EdgeId;
  readonly round: number;
  readonly status: string;
  readonly issuedAt: number;
}

export interface TrackBook {
  /** Undefined for an edge that was never asked. */
  of(edge: EdgeId): TrackRecord | undefined;
  /** The mean training loss of a report that counts, before its assignment ends. */
  heard(edge: EdgeId, loss: number): void;
  /** @param at when it ended; null where that is not known, as on a replay after a crash: then no time was measured */
  ended(assignment: EndedAssignment, at: number | null): void;
  /** Those that changed since this was asked last. */
  takeChanged(): readonly TrackRecord[];
}

export function createTrackBook(records: readonly TrackRecord[]): TrackBook {
  const tracks = new Map(records.map((record) => [record.edge, record]));
  const changed = new Set<EdgeId>();
  const losses = new Map<EdgeId, number>();

  return {
    of: (edge) => tracks.get(edge),
    heard(edge, loss) {
      if (Number.isFinite(loss)) losses.set(edge, loss);
    },
    ended({ edge, round, status, issuedAt }, at) {
      const before = tracks.get(edge) ?? neverAsked(edge);
      const asked: TrackRecord = { ...before, asked: before.asked + 1, lastAskedRound: Math.max(before.lastAskedRound, round) };
      const loss = losses.get(edge);
      losses.delete(edge);
      tracks.set(edge, after(asked, { round, status, issuedAt, loss: loss ?? before.loss }, at));
      changed.add(edge);
    },
    takeChanged() {
      const taken = [...changed].flatMap((edge) => tracks.get(edge) ?? []);
      changed.clear();
      return taken;
    },
  };
}

const neverAsked = (edge: EdgeId): TrackRecord => ({
  edge, asked: 0, reported: 0, declined: 0, lost: 0, lastAskedRound: 0, lastReportedRound: null, lastReportedAt: null, loss: null, roundMs: null,
});

function after(asked: TrackRecord, { round, status, issuedAt, loss }: { readonly round: number; readonly status: string; readonly issuedAt: number; readonly loss: number | null }, at: number | null): TrackRecord {
  switch (status) {
    case 'reported':
      return {
        ...asked, loss, reported: asked.reported + 1, lastReportedRound: round, lastReportedAt: at ?? Math.max(asked.lastReportedAt ?? 0, issuedAt),
        roundMs: at === null ? asked.roundMs : smoothedMs(asked.roundMs, at - issuedAt),
      };
    case 'declined':
    case 'withdrawn':
      return { ...asked, declined: asked.declined + 1 };
    case 'lost':
    case 'refused':
      return { ...asked, lost: asked.lost + 1 };
    default:
      return asked;
  }
}
