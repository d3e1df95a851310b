/**
 * A coordinator whose rounds wait for the test: beside the edges under test each round needs an edge that reports, an update
 * of nothing, only when it is told to. So every round has a moment at which all the others are done and at rest.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Server } from 'socket.io';
import { vi } from 'vitest';
import { csvDataset } from '../../client/datasets/csv-dataset.ts';
import { createEvaluator } from '../../server/evaluation/worker-evaluator.ts';
import type { Assign } from '../../shared/protocol/messages.ts';
import { asTaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { encodeReport } from '../../shared/statistics/report-frame.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { mlp2nn } from '../../simulations/models/mlp-2nn.ts';
import { coordinatorCensus, medianCensus, type Census } from './census.ts';
import type { HandEdge } from './hand-edge.ts';
import { startLiveServer, type LiveServer } from './live-server.ts';
import { syntheticTable, syntheticTableContract } from './synthetic-table.ts';

/** The 2NN over a table whose label can be learned; `edges` beside the gate must all report in each round. */
export function tableTask(name: string, edges: number, algorithm: TaskSpecInput['algorithm']): TaskSpecInput {
  return {
    name,
    model: { topology: mlp2nn({ inputs: 4, classes: 2 }), loss: 'categoricalCrossentropy' },
    data: { ...syntheticTableContract, validation: { fraction: 0.2, seed: 1 } },
    algorithm,
    round: { goal: edges + 1, minimum: edges + 1, overSelection: 1 },
  };
}

/** Samples of a census, each at another point of the edges' check-ins. */
const SAMPLES = 7;

export interface GatedRounds {
  /** The round under way once all edges under test have reported in it. */
  rest(): Promise<number>;
  /** At rest: counts on the coordinator's side, and those that `others` adds. */
  census(others?: () => Promise<Census>): Promise<{ readonly coordinator: Census; readonly others: Census }>;
  /** Lets the round end; resolves when it has, with its journal folder as it is then. */
  pass(): Promise<readonly string[]>;
}

export interface GatedFederation {
  readonly live: LiveServer;
  /** Creates and starts the task and opens its gate. */
  open(spec: TaskSpecInput): Promise<GatedRounds>;
  stop(): Promise<void>;
}

export async function startGatedFederation(): Promise<GatedFederation> {
  // socket.io's server is nobody's business but the gateway's; here its sessions are to be counted.
  const namespaces = vi.spyOn(Server.prototype, 'of');
  let folders: readonly string[] = [];
  const live: LiveServer = await startLiveServer({
    enrolment: { open: true },
    evaluator: createEvaluator({ logger: silentLogger }),
    evaluation: {
      fedavg: (spec) => Promise.resolve(csvDataset('held-out.csv', syntheticTable({ rows: 50, seed: 99 }), spec.data).train),
    },
    onPoint(name, task) {
      if (name === 'journal-ended') folders = readdirSync(join(live.folder, 'journal', task));
    },
  });
  const sockets = namespaces.mock.contexts[0] as Server;
  namespaces.mockRestore();
  const { coordinator } = live.server;

  /** Resolves at the first change after which it holds; rejects when a round is aborted. */
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!holds()) return;
        stopListening();
        resolve();
      };
      const stopListening = coordinator.listen({
        changed: look,
        roundEnded(_task, { round, outcome, reason }) {
          if (outcome === 'committed') return;
          stopListening();
          reject(new Error(`round ${round} was aborted: ${reason}`));
        },
      });
      look();
    });

  async function openGate(spec: TaskSpecInput): Promise<GatedRounds> {
    const task = asTaskId(spec.name);
    await live.runTask(spec);
    const layout = await coordinator.layoutOf(task);
    const gate: HandEdge = await live.handEdge({ name: 'the gate' });
    await gate.checkIn(task);
    let offered: Promise<Assign> = gate.nextAssign();
    const nothing = spec.algorithm.name === 'fedsgd' ? 'gradient' : 'delta';
    return {
      async rest() {
        const { round } = await offered;
        await until(() => {
          const state = coordinator.driver(task).state();
          return state.round === round && state.reported === spec.round.goal - 1;
        });
        return round;
      },
      async census(others = () => Promise.resolve({})) {
        const samples: Census[] = [];
        const otherSamples: Census[] = [];
        for (let i = 0; i < SAMPLES; i++) {
          const shown = new Promise<Census>((resolve) => {
            const stopListening = live.server.onLive(() => {
              stopListening();
              resolve(coordinatorCensus(sockets, live.server));
            });
          });
          await gate.checkIn(task);
          samples.push(await shown);
          otherSamples.push(await others());
        }
        return { coordinator: medianCensus(samples), others: medianCensus(otherSamples) };
      },
      async pass() {
        const { assignment, round } = await offered;
        offered = gate.nextAssign();
        const ended = live.untilRounds(live.rounds.length + 1);
        const statistic = { weight: 1, fields: { [nothing]: new Float32Array(layout.size), trainLoss: Float64Array.of(0), examples: Float64Array.of(1) } };
        await gate.report(assignment, encodeReport({ assignment, layout: layout.digest, statistic }));
        await ended;
        const last = live.rounds.at(-1);
        if (last?.outcome !== 'committed' || last.round !== round) throw new Error(`round ${round} was not committed: ${JSON.stringify(last)}`);
        return folders;
      },
    };
  }

  return { live, open: openGate, stop: () => live.stop() };
}
