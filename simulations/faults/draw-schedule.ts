/** Draws a world and what goes wrong in it from a seed. Small worlds and short times: a run is to take milliseconds, and there are to be many. */
import { ROUND_POINTS } from '../../server/coordinator/points.ts';
import { createRandom, type RandomSource } from '../../shared/random.ts';
import type { AggregationSpec } from '../../shared/aggregation/registry.ts';
import { between, chance, pick, spread } from './draws.ts';
import type { Fault } from './fault.ts';
import type { FaultSchedule, World } from './schedule.ts';

export function drawSchedule(seed: number): FaultSchedule {
  const random = createRandom(seed).fork('schedule');
  const world = drawWorld(random.fork('world'));
  const faultRandom = random.fork('faults');
  // Some runs in which nothing breaks, most with a few faults, some with many.
  const most = pick(faultRandom, [0, 1, 2, 3, 4, 6, 8, 12]);
  const faults = Array.from({ length: most }, () => drawFault(faultRandom, world)).flatMap((fault) => withSecond(fault, faultRandom));
  // A lease counts by the wall clock: where that is set back, another coordinator waits as much longer, which is no fault of a round.
  const takenOver = faults.some(({ kind }) => kind === 'suspend');
  return { seed, world, faults: takenOver ? faults.filter(({ kind }) => kind !== 'set-clock') : faults };
}

function drawWorld(random: RandomSource): World {
  // Two edges and a round show most of what can go wrong; larger worlds come now and then.
  const edges = pick(random, [1, 2, 2, 2, 3, 3, 4, 5]);
  const goal = between(random, 1, Math.min(3, edges));
  const mostTrainingMs = pick(random, [20, 200, 800]);
  const rules = random.fork('aggregation');
  const buffers = random.fork('buffers');
  const buffered = chance(buffers, 0.3) ? { concurrency: between(buffers, 1, edges + 1), exponent: pick(buffers, [0, 0.5, 1]), mostStaleness: pick(buffers, [0, 1, 2, 20]) } : null;
  const drawn = {
    edges, goal,
    minimum: between(random, 1, goal),
    overSelection: pick(random, [1, 1.4, 2]),
    rounds: pick(random, [1, 1, 1, 2, 2, 3]),
    selectionSeconds: pick(random, [0.2, 1]),
    configurationSeconds: pick(random, [0.5, 1, 2]),
    reportingSeconds: pick(random, [1, 2, 4]),
    absenceSeconds: pick(random, [0.3, 1, 2]),
    retrySeconds: pick(random, [0.2, 1]),
    comeBackSeconds: pick(random, [0.5, 2]),
    latencyMs: pick(random, [1, 5, 40]),
    replyMs: pick(random, [800, 2000, 6000]),
    leastTrainingMs: Math.round(mostTrainingMs / 10),
    mostTrainingMs,
    chunkBytes: chance(random, 0.25) ? pick(random, [64, 150, 300]) : null,
    aggregated: chance(random, 0.1) ? between(random, 1, edges) : 0,
    journal: !chance(random, 0.05),
    enrolled: !chance(random, 0.1),
    earlyTimersMs: chance(random, 0.2) ? 0.4 : 0,
    syncMs: pick(random, [0, 0, 2, 20]),
    aggregation: chance(rules, 0.5) ? { rule: 'mean' as const } : pick(rules, RULES),
  };
  // Stale reports take several versions to be.
  return buffered === null ? { ...drawn, buffered } : { ...drawn, buffered, aggregated: 0, aggregation: { rule: 'mean' }, rounds: pick(buffers, [1, 2, 3, 5]) };
}

const RULES: readonly AggregationSpec[] = [
  { rule: 'median', attackers: 0 },
  { rule: 'trimmed-mean', attackers: 0 },
  { rule: 'trimmed-mean', attackers: 1 },
  { rule: 'krum', attackers: 0 },
  { rule: 'multi-krum', attackers: 0, keep: 2 },
  { rule: 'bulyan', attackers: 0 },
  { rule: 'geometric-median', attackers: 1, iterations: 3, smoothing: 1e-6 },
  { rule: 'norm-bound', attackers: 0, norm: 'auto' },
  { rule: 'norm-bound', attackers: 0, norm: 0.5 },
  { rule: 'centered-clipping', attackers: 0, radius: 'auto', iterations: 2 },
];

/** In which a world's rounds are likely to run, and its faults are to strike. */
const horizonMs = ({ rounds, mostTrainingMs, latencyMs, selectionSeconds }: World): number => 200 + rounds * (mostTrainingMs + 12 * latencyMs + 300 * selectionSeconds);

const MESSAGES = ['report', 'report', 'report', 'configured', 'configured', 'assign', 'assign', 'checkIn', 'release', 'announce', 'comeBack', 'hello', 'authenticate', 'enrol', 'tasks', 'describe', 'uploadBegin', 'uploadChunk', 'withdraw', 'leave', 'tasksChanged', 'checkpoint'];

const DRAWS: readonly [weight: number, draw: (random: RandomSource, world: World) => Fault][] = [
  [6, (random, world) => ({ kind: 'crash', power: chance(random, 0.5), ...drawWhen(random, world), downMs: spread(random, 2000) })],
  [0.4, (random, world) => ({ kind: 'suspend', ...drawWhen(random, world), forMs: between(random, 100, 6000) })],
  [2, (random, world) => ({ kind: 'disk', atMs: instant(random, world), step: pick(random, ['write', 'sync', 'open', 'rename', 'syncFolder', 'truncate', 'remove', 'makeFolder', 'read', 'list', 'close']), nth: between(random, 1, 3), code: pick(random, ['EIO', 'ENOSPC', 'EROFS']) })],
  [0.7, (random, world) => ({ kind: 'disk-full', atMs: instant(random, world), bytes: random.int(600), forMs: spread(random, 3000) })],
  [0.7, (random, world) => ({ kind: 'store', atMs: instant(random, world), nth: between(random, 1, 4) })],
  [10, (random, world) => drawMessageFault(random, world)],
  [3, (random, world) => ({ kind: 'repeat', edge: random.int(world.edges), nth: between(random, 1, 3), afterMs: spread(random, 3000) })],
  [2, (random, world) => ({ kind: 'cut-link', edge: random.int(world.edges), atMs: instant(random, world) })],
  [2, (random, world) => ({ kind: 'vanish', edge: random.int(world.edges), atMs: instant(random, world), forMs: spread(random, 2500) })],
  [2, (random, world) => ({ kind: 'edge-crash', edge: random.int(world.edges), atMs: instant(random, world), downMs: spread(random, 2000) })],
  [1, (random, world) => ({ kind: 'leave', edge: random.int(world.edges), atMs: instant(random, world), forMs: spread(random, 2000) })],
  [1, (random, world) => ({ kind: 'leave-reporting', edge: random.int(world.edges), nth: between(random, 1, 2), forMs: spread(random, 2000) })],
  [1.5, (random, world) => ({ kind: 'nonsense', edge: random.int(world.edges), nth: between(random, 1, 3), place: pick(random, ['first', 'last']), value: pick(random, ['nan', 'infinity']) })],
  [0.5, (random, world) => ({ kind: 'impostor', edge: random.int(world.edges), atMs: instant(random, world) })],
  [1, (random, world) => ({ kind: 'skew', edge: chance(random, 0.5) ? null : random.int(world.edges), offsetMs: pick(random, [-1, 1]) * spread(random, 10_000_000), drift: pick(random, [0, -0.05, 0.05, 0.001]) })],
  [0.7, (random, world) => ({ kind: 'set-clock', atMs: instant(random, world), byMs: pick(random, [-1, 1]) * spread(random, 4_000_000) })],
];
/** Whoever went down once goes down again soon: what the first crash left is not only read, but written on. */
function withSecond(fault: Fault, random: RandomSource): Fault[] {
  if (fault.kind !== 'crash' || !chance(random, 0.3)) return [fault];
  const point = pick(random, ['report-journaled', 'report-merged', 'closing-stored', 'commit-stored'] as const);
  return [fault, { ...fault, power: true, atMs: fault.atMs + 1, when: 'point', point, nth: between(random, 1, 2) }];
}

const WEIGHT = DRAWS.reduce((sum, [weight]) => sum + weight, 0);

function drawFault(random: RandomSource, world: World): Fault {
  let left = random.next() * WEIGHT;
  for (const [weight, draw] of DRAWS) {
    left -= weight;
    if (left < 0) return draw(random, world);
  }
  return DRAWS[0][1](random, world);
}

const instant = (random: RandomSource, world: World): number => random.int(Math.round(horizonMs(world)));

function drawWhen(random: RandomSource, world: World): Pick<Extract<Fault, { kind: 'crash' }>, 'atMs' | 'when' | 'point' | 'nth'> {
  const atMs = chance(random, 0.3) ? 0 : instant(random, world);
  const when = pick(random, ['instant', 'step', 'point'] as const);
  if (when === 'point') return { atMs, when, point: pick(random, ROUND_POINTS), nth: between(random, 1, 3) };
  return { atMs, when, nth: when === 'step' ? between(random, 1, 40) : 1 };
}

function drawMessageFault(random: RandomSource, world: World): Fault {
  const type = pick(random, MESSAGES);
  const fate = pick(random, ['drop', 'duplicate', 'delay', 'corrupt', 'cut'] as const);
  const often = type === 'checkIn' || type === 'uploadChunk';
  return { kind: 'message', edge: random.int(world.edges), type, leg: pick(random, ['request', 'reply']), nth: between(random, 1, often ? 8 : 3), fate, ms: spread(random, 2000) };
}
