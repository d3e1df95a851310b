/** Lines as a run writes them, for tests: plausible numbers that depend on the seed alone. */
import type { ResultLine, RoundLine, RunLine } from '../../simulations/run/record.ts';
import { createRandom } from '../../shared/random.ts';
import { resultOf } from '../../simulations/run/summary.ts';

export interface SampleRecord {
  readonly run: RunLine;
  readonly rounds: readonly RoundLine[];
  readonly result: ResultLine;
}

/** What is asked of a sample. */
export interface SampleOptions {
  readonly scenario?: string;
  readonly seed?: number;
  readonly rounds?: number;
  readonly target?: number | null;
  /** How fast it learns: about the rounds that halve the error. */
  readonly pace?: number;
  readonly edges?: number;
  readonly perRound?: number;
}

const CLASSES = ['phone', 'tablet', 'laptop'];
/** How likely an edge of each class is to be asked, and to report when asked. */
const PRESENCE = [0.55, 0.8, 1];
const RELIABILITY = [0.86, 0.93, 0.98];
const CHECKPOINT_BYTES = 796_840;

export function sampleRecord({ scenario = 'fedavg-2nn-iid', seed = 1, rounds = 80, target = 0.97, pace = 9, edges = 100, perRound = 10 }: SampleOptions = {}): SampleRecord {
  const random = createRandom(seed).fork(scenario);
  const fleet = Array.from({ length: edges }, (_, edge) => ({ deviceClass: edge % 10 < 6 ? 0 : edge % 10 < 8 ? 1 : 2, examples: 300 + random.int(600) }));
  const run: RunLine = {
    type: 'run', scenario, description: 'The two-layer network of the FedAvg paper on MNIST, dealt out at random', seed, task: 'mnist-2nn', target, deviceClasses: CLASSES, edges: fleet,
  };
  const lines: RoundLine[] = [];
  let virtualMs = 0;
  let version = 0;
  for (let round = 1; round <= rounds; round++) {
    const hour = (virtualMs / 3_600_000) % 24;
    const present = (edge: number): boolean => random.next() < PRESENCE[fleet[edge].deviceClass] * (0.75 + 0.25 * Math.sin((hour / 24) * 2 * Math.PI));
    const all = fleet.map((_, edge) => edge);
    const eligible = all.filter(present);
    const drawn = [...eligible].map((edge) => ({ edge, at: random.next() })).sort((a, b) => a.at - b.at).slice(0, Math.ceil(perRound * 1.3));
    const selectedEdges = drawn.map(({ edge }) => edge).sort((a, b) => a - b);
    const answered = selectedEdges.filter((edge) => random.next() < RELIABILITY[fleet[edge].deviceClass]).slice(0, perRound);
    const outage = round % 23 === 20 || random.next() < 0.02;
    const reportedEdges = outage ? answered.slice(0, perRound >> 2) : answered;
    const committed = reportedEdges.length >= perRound * 0.7;
    const phaseMs = { selection: 800 + 600 * random.next(), configuration: 2200 + 1500 * random.next(), reporting: committed ? 9000 + 9000 * random.next() ** 2 : 60_000, updating: 60 };
    virtualMs += Object.values(phaseMs).reduce((a, b) => a + b, 0) + 5000;
    if (committed) version++;
    const error = 0.9 / (1 + version / pace) ** 1.45 + 0.0165;
    const noise = 0.006 * random.normal() * Math.sqrt(error);
    const missing = edges - eligible.length;
    const offline = Math.round(missing * 0.5);
    const battery = Math.round((missing - offline) * 0.6);
    lines.push({
      type: 'round', round, outcome: committed ? 'committed' : 'aborted', reason: committed ? null : 'too few reports by the deadline', version: committed ? version : null,
      virtualMs: Math.round(virtualMs), wallMs: 150 + 60 * random.next(),
      accuracy: committed ? Math.max(0, Math.min(1, 1 - error - noise)) : null, loss: committed ? 3.2 * error + 0.02 * random.next() : null, trainLoss: committed ? 2.8 * error * (1 + 0.1 * random.normal()) : null,
      eligible: eligible.length, selected: selectedEdges.length, reported: reportedEdges.length,
      bytesUp: reportedEdges.length * CHECKPOINT_BYTES, bytesDown: selectedEdges.length * CHECKPOINT_BYTES,
      phaseMs, reasons: { offline, battery, metered: missing - offline - battery, 'not-drawn': eligible.length - selectedEdges.length },
      selectedEdges, reportedEdges,
    });
  }
  return { run, rounds: lines, result: resultOf(run, lines, { wallSeconds: lines.reduce((sum, line) => sum + line.wallMs, 0) / 1000, digest: 'f0'.repeat(32) }) };
}

/** The record as it lies in the run's folder. */
export function linesOf({ run, rounds, result }: SampleRecord): string {
  return [run, ...rounds, result].map((line) => `${JSON.stringify(line)}\n`).join('');
}
