/** Candidates of a draw, and what is known beside them, for tests of selection. */
import { asEdgeId, type EdgeId } from '../../shared/ids.ts';
import type { Candidate, DrawContext } from '../../shared/selection/candidate.ts';
import type { TrackRecord } from '../../shared/selection/track-record.ts';
import { UNKNOWN_CONDITIONS, type Conditions } from '../../shared/task/conditions.ts';

export const NOW = 1_000_000;
const GOOD: Conditions = { ...UNKNOWN_CONDITIONS, battery: 0.8, charging: true, network: 'wifi', metered: false, downlink: 10, visibility: 'hidden', load: 0.2 };

/** Ids in the order of their numbers. */
export const edgeNumber = (n: number): EdgeId => asEdgeId(`e${n.toString(16).padStart(20, '0')}`);

export function candidate({ conditions, ...rest }: Partial<Omit<Candidate, 'conditions'>> & { readonly conditions?: Partial<Conditions> } = {}): Candidate {
  return {
    edge: edgeNumber(0), name: 'an edge', checkedInAt: NOW, examples: 100, labels: null, busy: false, protocolMinor: 0,
    capabilities: { platform: 'node', backend: 'wasm', stepsPerSecond: 100 }, ...rest, conditions: { ...GOOD, ...conditions },
  };
}

export function track(edge: EdgeId, fields: Partial<TrackRecord> = {}): TrackRecord {
  return { edge, asked: 0, reported: 0, declined: 0, lost: 0, lastAskedRound: 0, lastReportedRound: null, lastReportedAt: null, loss: null, roundMs: null, ...fields };
}

export interface ContextSettings {
  readonly now?: number;
  readonly round?: number;
  readonly tracks?: readonly TrackRecord[];
  readonly work?: Partial<DrawContext['work']>;
}

/** The reference model in float32, one epoch, where nothing else is said. */
export function drawContext({ now = NOW, round = 1, tracks = [], work = {} }: ContextSettings = {}): DrawContext {
  const records = new Map(tracks.map((record) => [record.edge, record]));
  return { now, round, trackOf: (edge) => records.get(edge), work: { modelBytes: 4 * 199_210, epochs: 1, ...work } };
}
