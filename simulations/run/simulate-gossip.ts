/**
 * Runs a scenario in gossip mode: real peers over simulated lines under a virtual clock, their training in the pool. No
 * coordinator is there: who looks on writes down what comes of each round, and does nothing to it.
 */
import { createHash } from 'node:crypto';
import { createGossipPeer, type GossipPeer } from '../../client/gossip/gossip-peer.ts';
import type { GossipEvent } from '../../client/gossip/events.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { Evaluation } from '../../shared/model/trainer.ts';
import { createRandom, shuffle } from '../../shared/random.ts';
import { HOUR_MS } from '../fleet/rhythm.ts';
import { createConsensusSum } from '../gossip/consensus.ts';
import { judge, NOT_JUDGED, type Judgement } from '../gossip/judge.ts';
import { pausable } from '../gossip/pausable-trainer.ts';
import { createPeerRounds, type EndedRound } from '../gossip/peer-rounds.ts';
import { createSharedReader } from '../gossip/shared-reader.ts';
import { createSwarm } from '../gossip/create-swarm.ts';
import { createGossipTroubles } from '../gossip/troubles.ts';
import type { GossipScenario } from '../scenario/gossip-scenario.ts';
import { createVirtualClock, settledIn } from '../virtual-clock.ts';
import { EPOCH_MS } from '../virtual-epoch.ts';
import { fleetOf } from './fleet-of.ts';
import { openGossipLearning } from './learning.ts';
import type { GossipRun, ResultLine, RoundLine } from './record.ts';
import { runLine } from './run-line.ts';
import { resultOf } from './summary.ts';
import type { CompleteOptions } from './simulate-options.ts';

/** When all have begun, and those who meet can say so. */
const MEETING_MS = 1;

/** @throws aborted when the signal fires; whatever ends a peer's training for good */
export async function simulateGossip(scenario: GossipScenario, { seed, workers, signal, full, onLine = () => undefined, logger, createClock = createVirtualClock }: CompleteOptions): Promise<ResultLine> {
  const began = performance.now();
  const random = createRandom(seed);
  const clock = createClock(EPOCH_MS);
  const { task, edges, rounds: lastRound, evaluation } = scenario;
  const target = full ? null : scenario.target;
  const devices = await fleetOf(scenario, seed);
  const learning = await openGossipLearning(scenario, { clock, seed, workers });
  /** By device; null: nobody is there. */
  const peers: (GossipPeer | null)[] = devices.map(() => null);
  let ending = async (): Promise<void> => undefined;
  try {
    const troubles = createGossipTroubles({ faults: scenario.faults, peers: edges, clock, random: random.fork('troubles') });
    const swarm = createSwarm({ clock, epochMs: EPOCH_MS, task, devices, random, logger, loses: (frame) => troubles.loses(frame) });
    const letters = createSharedReader();
    const written: RoundLine[] = [];
    let broken: MurmurError | null = null;
    let over = false;
    let final: Judgement | null = null;
    void learning.broken.then((error) => {
      broken = error;
    });

    const isLast = (round: number): boolean => round >= lastRound;
    const examplesIn = (round: number): number => Math.min(learning.heldOut, isLast(round) ? Infinity : (evaluation.examples ?? Infinity));
    const isEvaluated = (round: number): boolean => learning.heldOut > 0 && (isLast(round) || (evaluation.everyRounds > 0 && round % evaluation.everyRounds === 0));
    /** Peers that are judged before the last round. */
    const sample = new Set(shuffle(Array.from(devices.keys()), random.fork('judged')).slice(0, evaluation.peers ?? edges));
    const lives = devices.map(() => 0);
    const leaving: Promise<unknown>[] = [];
    const rounds = createPeerRounds({ initial: learning.initial.values, isJudged: (peer, round) => isEvaluated(round) && (isLast(round) || sample.has(peer)) });

    let told = { sent: 0, arrived: 0, wallAt: performance.now() };
    /** Lines leave in the order of their rounds, each once its models are judged; virtual time stands still meanwhile. */
    let writing = Promise.resolve();
    function write(ended: readonly EndedRound[]): void {
      for (const round of ended) {
        troubles.roundEnded(round.round);
        const { sent, arrived } = swarm;
        const part = { bytesUp: sent - told.sent, bytesDown: arrived - told.arrived, virtualMs: clock.now() - EPOCH_MS };
        told = { ...told, sent, arrived };
        const judging = round.models.size === 0 ? null : judge(round.models.values(), (model) => learning.evaluate(model, examplesIn(round.round)));
        const earlier = writing;
        writing = earlier.then(async () => {
          const { judged, accuracy, worst, loss } = judging === null ? NOT_JUDGED : await clock.work(0, judging);
          const now = performance.now();
          const { peers: there, learned, trainLoss, consensus, missed, came, left } = round;
          const ended: RoundLine = {
            type: 'round', round: round.round, outcome: 'committed', reason: null, version: null, ...part, wallMs: now - told.wallAt, accuracy, loss, trainLoss,
            eligible: there, selected: there, reported: learned, phaseMs: {}, reasons: {}, selectedEdges: [], reportedEdges: [],
            gossip: { judged, worst, consensus, missed, came, left },
          };
          told.wallAt = now;
          written.push(ended);
          onLine(ended);
          if (isLast(round.round)) final = { judged, accuracy, worst, loss };
          if (isLast(round.round) || (target !== null && accuracy !== null && accuracy >= target)) over = true;
        });
        writing.catch((thrown: unknown) => {
          broken ??= toMurmurError(thrown);
        });
      }
    }

    function add(number: number): GossipPeer {
      const { network, started } = swarm.add(number);
      started.catch((thrown: unknown) => {
        // Who was gone before it was let in is missed by nobody.
        if (peers[number] === peer) broken ??= toMurmurError(thrown);
      });
      const device = devices[number];
      const durationMs = (steps: number, cost: number): number => device.trainingMs(clock.now() - EPOCH_MS, steps, cost);
      const trainer = pausable(learning.trainer(number, { durationMs, expectMs: durationMs }), () => troubles.learningPaused);
      const heard = (event: GossipEvent): void => {
        if (peers[number] !== peer) return;
        if (event.type === 'began' && !rounds.isThere(number)) rounds.came(number, event.round);
        else if (event.type === 'turn') write(rounds.turned(number, event, () => peer.parameters));
        else if (event.type === 'error') broken ??= event.error;
        else if (event.type === 'refused') logger.warn({ peer: number, from: event.from, code: event.error.code, err: event.error }, 'a letter was refused');
      };
      const nth = lives[number]++;
      const peer = createGossipPeer({ task, network, trainer, initial: learning.initial.values, clock, random: random.fork(nth === 0 ? `peer ${number}` : `peer ${number}, life ${nth}`), logger, letters, onEvent: heard });
      peers[number] = peer;
      return peer;
    }

    function leave(number: number): void {
      const peer = peers[number];
      peers[number] = null;
      leaving.push(Promise.all([swarm.vanish(number), peer?.stop()]));
      rounds.left(number);
      write(rounds.ended());
    }

    onLine({ ...runLine(scenario, seed, devices, learning.examples), gossip: describeGossip(scenario, swarm.contraction) });
    const first = Array.from(devices.keys(), add);
    ending = async () => {
      troubles.end();
      await Promise.all([...leaving, ...peers.map((peer) => peer?.stop())]);
      await swarm.stop();
    };
    // A round has not ended before all of them have ended it, whoever comes into the swarm last.
    for (const number of devices.keys()) rounds.came(number);
    troubles.begin(swarm, { isThere: (number) => peers[number] !== null, leave, arrive: (number) => add(number).start() });
    for (const peer of first) peer.start();
    clock.after(MEETING_MS, () => swarm.open());
    const latest = EPOCH_MS + scenario.hours * HOUR_MS;
    await clock.runUntil(() => over || broken !== null || signal?.aborted === true || clock.now() > latest);
    if (broken !== null) throw broken as MurmurError;
    if (signal?.aborted) throw new MurmurError('aborted', `the simulation was interrupted after round ${written.at(-1)?.round ?? 0}`);
    if (!over && clock.now() <= latest) throw new MurmurError('internal', 'nothing is left to wait for, and peers have not ended their rounds');
    if (!over) logger.warn({ hours: scenario.hours }, 'the scenario’s hours have passed before its rounds');

    const models = peers.flatMap((peer) => (peer === null ? [] : [peer.model()]));
    const spread = createConsensusSum(learning.initial.values);
    const digest = createHash('sha256');
    for (const model of models) {
      spread.add(model);
      digest.update(new Uint8Array(model.buffer, model.byteOffset, model.byteLength));
    }
    const { mean, distance } = spread.result();
    const whole = (model: Float32Array): Promise<Evaluation> => learning.evaluate(model, learning.heldOut);
    const judgeWhole = (those: readonly Float32Array[]): Promise<Judgement> => (learning.heldOut === 0 ? Promise.resolve(NOT_JUDGED) : judge(those, whole));
    // After the last round all were judged as they are now.
    const [all, ofMean] = await Promise.all([final ?? judgeWhole(models), judgeWhole([Float32Array.from(mean)])]);
    const result: ResultLine = {
      ...resultOf({ scenario: scenario.name, seed, target: scenario.target }, written, { wallSeconds: (performance.now() - began) / 1000, digest: digest.digest('hex') }),
      accuracy: all.accuracy, loss: all.loss,
      gossip: { peers: models.length, worst: all.worst, accuracyOfMean: ofMean.accuracy, consensus: distance, bytesPerPeer: swarm.sent / edges },
    };
    onLine(result);
    return result;
  } finally {
    await settledIn(clock, ending());
    await learning.stop();
  }
}

function describeGossip({ task }: GossipScenario, contraction: number | null): GossipRun {
  const { name, ...settings } = task.gossip.topology;
  const described = Object.entries(settings).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  return { way: task.gossip.way.name, topology: [name, ...described].join(', '), contraction };
}
