/**
 * What one report costs between the edge's numbers and the coordinator's sum, without any socket. Each part is the code
 * that edge and gateway run: `chunk` is the edge's sending in chunks and the gateway's putting them together again.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sendReport } from '../../../client/edge/upload.ts';
import { createUploads, type Uploads } from '../../../server/gateway/uploads.ts';
import { systemClock } from '../../../shared/clock.ts';
import { MurmurError } from '../../../shared/errors.ts';
import { asAssignmentId, asEdgeId } from '../../../shared/ids.ts';
import { fedavg } from '../../../shared/algorithms/fedavg.ts';
import { trainingFields } from '../../../shared/algorithms/training-fields.ts';
import type { Link } from '../../../shared/protocol/link.ts';
import { CHUNK_BYTES, CHUNK_WINDOW, type EdgeToCoordinator } from '../../../shared/protocol/messages.ts';
import { createMergeArena } from '../../../shared/statistics/merge-arena.ts';
import { decodeReport, encodeReport } from '../../../shared/statistics/report-frame.ts';
import type { Benchmark, BenchmarkRun, Measurement } from '../benchmark.ts';
import { preparedDelta } from '../round/prepared-trainer.ts';
import { benchLayout } from '../round/task.ts';
import { parseWireCase } from './cases.ts';

const WARM_UP = 10;
const EDGE = asEdgeId(`e${'0'.repeat(20)}`);

export const wireBenchmark: Benchmark = {
  name: 'wire',
  summary: 'encoding, chunking, decoding, checking and merging one report; baseline: copying its bytes once',
  cases: ['100k float32', '1M float32'],
  accepts: (name) => void parseWireCase(name),
  defaultRuns: 40,
  caseSeconds: 60,
  run: (name, run) => measure(parseWireCase(name).values, run),
};

const PARTS = ['encode', 'chunk', 'decode', 'check', 'merge'] as const;
type Times = Record<(typeof PARTS)[number] | 'copy', number>;

async function measure(values: number, { runs, signal }: BenchmarkRun): Promise<readonly Measurement[]> {
  const once = createReportPath(values);
  const taken: Times[] = [];
  for (let i = -WARM_UP; i < runs; i++) {
    // A turn of the event loop, without which nobody could stop this.
    await nextTurn();
    const times = await once(i + WARM_UP);
    if (i >= 0) taken.push(times);
    if (signal.aborted) throw new MurmurError('aborted', 'the time for the case is up', { cause: signal.reason });
  }
  const copies = taken.map(({ copy }) => copy);
  const lower = { unit: 'ms', baseline: copies, smallerIsBetter: true };
  return [
    { metric: 'time', samples: taken.map((times) => PARTS.reduce((sum, part) => sum + times[part], 0)), ...lower },
    ...PARTS.map((part) => ({ metric: part, samples: taken.map((times) => times[part]), ...lower })),
  ];
}

/** Takes one report after the other all the way, and times each part in ms. */
function createReportPath(values: number): (serial: number) => Promise<Times> {
  const layout = benchLayout(values);
  const arena = createMergeArena({ fields: fedavg.needs.fields(layout), maxWeight: 1000, maxNorm: null });
  const accumulator = arena.accumulator();
  const statistic = { weight: 100, fields: { delta: preparedDelta(values, 1), ...trainingFields(1, 100) } };
  const uploads = createUploads(systemClock);
  return async (serial) => {
    const assignment = asAssignmentId(`bench.1.${serial}`);
    const encode = timed(() => encodeReport({ assignment, layout: layout.digest, statistic }));
    const frame = encode.result;
    const begun = performance.now();
    const whole = await upload(frame, assignment, uploads);
    const chunk = performance.now() - begun;
    const copy = timed(() => whole.slice());
    const decode = timed(() => decodeReport(whole));
    const check = timed(() => arena.admit(decode.result.statistic));
    const merge = timed(() => accumulator.add(check.result.statistic, assignment));
    check.result.release();
    uploads.giveBack(whole);
    return { encode: encode.ms, chunk, decode: decode.ms, check: check.ms, merge: merge.ms, copy: copy.ms };
  };
}

function timed<T>(step: () => T): { readonly result: T; readonly ms: number } {
  const begun = performance.now();
  const result = step();
  return { result, ms: performance.now() - begun };
}

/** The frame as it comes out at the gateway. Short ones would go in one piece; here they are cut, too. */
async function upload(frame: Uint8Array, assignment: ReturnType<typeof asAssignmentId>, uploads: Uploads): Promise<Uint8Array<ArrayBuffer>> {
  let whole: Uint8Array<ArrayBuffer> | null = null;
  await sendReport(gatewayLink(uploads, (received) => (whole = received)), assignment, frame, { chunkBytes: Math.min(CHUNK_BYTES, Math.ceil(frame.byteLength / 4)), chunkWindow: CHUNK_WINDOW });
  if (whole === null) throw new MurmurError('internal', 'the upload ended and gave no frame');
  return whole;
}

/** What the gateway does with chunks, at once: no socket, no schema. */
function gatewayLink(uploads: Uploads, onWhole: (whole: Uint8Array<ArrayBuffer>) => void): Link<EdgeToCoordinator> {
  const replies: { readonly [Type in keyof EdgeToCoordinator]?: (payload: EdgeToCoordinator[Type]['request']) => EdgeToCoordinator[Type]['reply'] } = {
    uploadBegin: ({ assignment, bytes, digest: name }) => ({ received: uploads.begin(EDGE, assignment, bytes, name, bytes) }),
    uploadChunk: ({ assignment, offset, data }) => {
      const { received, whole } = uploads.chunk(EDGE, assignment, offset, data);
      if (whole === null) return { received };
      onWhole(whole);
      return { received, report: { outcome: 'accepted', comeBackAfterMs: 0 } };
    },
  };
  return {
    async request(type, payload) {
      const reply = replies[type];
      if (!reply) throw new MurmurError('bad_message', `the benchmark sends no ${type}`);
      return reply(payload);
    },
    onRequest: () => undefined,
    onClose: () => undefined,
    close: () => undefined,
    closed: false,
  };
}
