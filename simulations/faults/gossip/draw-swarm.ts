/** Draws a swarm and what goes wrong in it from a seed. Small swarms and short times: a run is to take milliseconds, and there are to be many. */
import { createRandom, type RandomSource } from '../../../shared/random.ts';
import { between, chance, pick, spread } from '../draws.ts';
import { HABITS, type SwarmFault } from './swarm-fault.ts';
import type { SwarmSchedule, SwarmWorld } from './swarm-schedule.ts';

/** In which faults strike: till then a swarm has formed, and ended some rounds. */
const HORIZON_MS = 5_000;

export function drawSwarm(seed: number): SwarmSchedule {
  const random = createRandom(seed).fork('swarm');
  const world = drawWorld(random.fork('world'));
  const faultRandom = random.fork('faults');
  const most = pick(faultRandom, [0, 1, 2, 3, 4, 6, 8, 12]);
  return { seed, world, faults: bearable(world, Array.from({ length: most }, () => drawFault(faultRandom, world))) };
}

const OVERLAYS = [2, 3, 4].map((degree) => ({ name: 'overlay', degree }));
const GRAPHS = [{ name: 'ring' }, { name: 'complete' }, { name: 'exponential' }];

function drawWorld(random: RandomSource): SwarmWorld {
  const way = pick(random, ['d-psgd', 'd-psgd', 'push-sum', 'push-sum', 'epidemic', 'choco', 'group-average', 'group-average', 'group-average']);
  const mostTrainingMs = pick(random, [300, 800, 1500]);
  // Where only numbers of peers can be linked that come about by chance, nothing is learned for long.
  const topology = chance(random, 0.3) ? pick(random, GRAPHS.filter(({ name }) => way !== 'choco' || name !== 'exponential')) : pick(random, OVERLAYS);
  const peers = pick(random, [2, 3, 3, 3, 4, 4, 5, 7]);
  const size = chance(random, 0.2) ? 6000 : 3;
  return {
    peers,
    way: wayWith(way, size, random),
    topology,
    clip: (way === 'd-psgd' || way === 'epidemic') && chance(random, 0.3) ? pick(random, [1, 'auto'] as const) : null,
    strikes: pick(random, [1, 3, 3]),
    minimumPeers: Math.min(peers, pick(random, [1, 2, 2, 2, 3])),
    patienceSeconds: pick(random, [0.5, 1, 3]),
    rounds: chance(random, 0.3) ? between(random, 3, 12) : null,
    size,
    messageBytes: 16_384,
    latencyMs: pick(random, [1, 5, 40]),
    replyMs: pick(random, [1000, 3000, 60_000]),
    leastTrainingMs: Math.round(mostTrainingMs / pick(random, [1.2, 4])),
    mostTrainingMs,
    introducers: pick(random, [1, 1, 2]),
    listeners: pick(random, [0, 0, 0, 1, 2]),
    apartMs: pick(random, [0, 100, 1000]),
    earlyTimersMs: chance(random, 0.2) ? 0.4 : 0,
  };
}

function wayWith(name: string, size: number, random: RandomSource): SwarmWorld['way'] {
  switch (name) {
    case 'push-sum':
      return { name, to: pick(random, ['all', 'random', 'next']), learning: pick(random, ['model', 'model', 'numerator']) };
    case 'choco':
      return { name, codec: pick(random, [{ name: 'top-k', fraction: 0.5 }, { name: 'int8' }]) };
    case 'group-average':
      return { name, groupSize: pick(random, [2, 3, 8]), reduce: pick(random, ['butterfly', 'ring']), weights: pick(random, ['examples', 'uniform']), pieceValues: pick(random, [Math.ceil(size / 4), 65_536]) };
    default:
      return { name };
  }
}

const instant = (random: RandomSource): number => random.int(HORIZON_MS);
/** For a while, or now and then for good. */
const while_ = (random: RandomSource, forGood: number): number | null => (chance(random, forGood) ? null : spread(random, 4_000));

function pair(random: RandomSource, { peers }: SwarmWorld): { readonly peer: number; readonly other: number } {
  const peer = random.int(peers);
  return { peer, other: (peer + 1 + random.int(peers - 1)) % peers };
}

const DRAWS: readonly [weight: number, draw: (random: RandomSource, world: SwarmWorld) => SwarmFault][] = [
  [6, (random, world) => ({ kind: 'vanish', peer: random.int(world.peers), atMs: instant(random), told: chance(random, 0.3), forMs: while_(random, 0.3) })],
  [3, (random, world) => ({ kind: 'leave', peer: random.int(world.peers), atMs: instant(random), forMs: while_(random, 0.2) })],
  [2, (random, world) => ({ kind: 'suspend', peer: random.int(world.peers), atMs: instant(random), forMs: spread(random, 5000) })],
  [4, (random, world) => ({ kind: 'stall', ...pair(random, world), atMs: instant(random), direction: pick(random, ['both', 'to', 'from']) })],
  [4, (random, world) => ({ kind: 'break', ...pair(random, world), atMs: instant(random), midFrame: chance(random, 0.5) })],
  [2, (random, world) => ({ kind: 'delay', ...pair(random, world), atMs: instant(random), ms: spread(random, 4000) })],
  [3, (random, world) => ({ kind: 'garbage', ...pair(random, world), atMs: instant(random), what: pick(random, ['noise', 'head', 'short']) })],
  [2, (random, world) => ({ kind: 'partition', part: Array.from({ length: world.peers }, (_, peer) => peer).filter((peer) => peer === 0 || chance(random, 0.5)).slice(0, -1).concat(0).filter((peer, i, all) => all.indexOf(peer) === i), atMs: instant(random), forMs: spread(random, 6_000), rendezvous: chance(random, 0.3) })],
  [3, (random, world) => ({ kind: 'rendezvous', which: random.int(world.introducers), atMs: instant(random), told: chance(random, 0.5), forMs: while_(random, 0.4) })],
  [2, (random, world) => ({ kind: 'rendezvous-hangs', which: random.int(world.introducers), atMs: instant(random), forMs: while_(random, 0.5) })],
  [1.5, (random, world) => ({ kind: 'nonsense', peer: random.int(world.peers), nth: between(random, 1, 12), place: pick(random, ['first', 'last']), value: pick(random, ['nan', 'infinity']) })],
  [1.5, (random, world) => ({ kind: 'hang', peer: random.int(world.peers), nth: between(random, 1, 12), ms: spread(random, 10_000) })],
  [1, (random, world) => ({ kind: 'skew', peer: random.int(world.peers), offsetMs: pick(random, [-1, 1]) * spread(random, 10_000_000), drift: pick(random, [0, -0.05, 0.05, 0.001]) })],
  [4, (random, world) => ({ kind: 'liar', peer: random.int(world.peers), habit: pick(random, HABITS), everyMs: pick(random, [50, 400, 2000]) })],
];
const WEIGHT = DRAWS.reduce((sum, [weight]) => sum + weight, 0);

function drawFault(random: RandomSource, world: SwarmWorld): SwarmFault {
  let left = random.next() * WEIGHT;
  for (const [weight, draw] of DRAWS) {
    left -= weight;
    if (left < 0) return draw(random, world);
  }
  return DRAWS[0][1](random, world);
}

/** One habit a liar, and two peers at the least that do not lie. Where steps go into the numerator, none: whoever swallows weight makes the others' steps too long, as the way itself says. */
function bearable({ peers, way }: SwarmWorld, faults: readonly SwarmFault[]): SwarmFault[] {
  const liars = new Set<number>();
  return faults.filter((fault) => {
    if (fault.kind !== 'liar') return true;
    if (way.learning === 'numerator' || liars.has(fault.peer) || liars.size >= peers - 2) return false;
    liars.add(fault.peer);
    return true;
  });
}
