/** Candidates of a draw, and what is known beside them, for tests of selection. */
import fc from 'fast-check';
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
  return { now, round, trackOf: (edge) => records.get(edge), work: { modelBytes: 4 * 199_210, training: { epochs: 1 }, batchSize: 10, mostSeconds: null, ...work } };
}

const known = <T>(values: fc.Arbitrary<T>) => fc.oneof(values, fc.constant('unknown' as const));

/** Up to 30 candidates of all kinds, some of them with a track record, in a round of a task. */
export const arbitraryPopulation: fc.Arbitrary<{ readonly candidates: readonly Candidate[]; readonly context: DrawContext }> = fc
  .record({
    round: fc.integer({ min: 1, max: 1000 }),
    edges: fc.array(
      fc.record({
        examples: fc.integer({ min: 1, max: 5000 }),
        labels: fc.option(fc.array(fc.nat(50), { minLength: 3, maxLength: 3 })),
        backend: fc.constantFrom('wasm' as const, 'cpu' as const, 'webgl' as const),
        region: fc.constantFrom('north', 'south'),
        stepsPerSecond: fc.option(fc.constantFrom(0, 0.5, 20, 3000)),
        downlink: known(fc.constantFrom(0, 0.1, 50)),
        roundTripMs: known(fc.constantFrom(0, 20, 3000)),
        track: fc.option(fc.record({ reported: fc.nat(5), declined: fc.nat(5), lost: fc.nat(5), loss: fc.option(fc.constantFrom(0, 0.01, 2.3, 1e6)), roundMs: fc.option(fc.constantFrom(0, 900, 1e6)), ago: fc.integer({ min: 1, max: 900 }) })),
      }),
      { maxLength: 30 },
    ),
  })
  .map(({ round, edges }) => ({
    candidates: edges.map(({ examples, labels, backend, region, stepsPerSecond, downlink, roundTripMs }, i) =>
      candidate({ edge: edgeNumber(i), examples, labels, capabilities: { platform: 'browser', backend, region, stepsPerSecond }, conditions: { downlink, roundTripMs } })),
    context: drawContext({
      round,
      tracks: edges.flatMap(({ track: one }, i) => {
        if (one === null) return [];
        const { reported, declined, lost, loss, roundMs, ago } = one;
        const last = Math.max(0, round - ago);
        const when = reported === 0 ? {} : { lastReportedRound: Math.max(1, last), lastReportedAt: NOW - 1000 * ago, loss, roundMs };
        return [track(edgeNumber(i), { asked: reported + declined + lost, reported, declined, lost, lastAskedRound: last, ...when })];
      }),
    }),
  }));
