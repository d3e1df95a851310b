/**
 * A coordinator's process is killed at each named point of a round and started again on what it left, with real edges
 * over real sockets: the same round goes on with the same assignments, what was acknowledged is in, and nothing counts twice.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair } from '#platform/crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { itemsOf } from '../../server/coordinator/chunked-list.ts';
import { ROUND_POINTS, type RoundPoint } from '../../server/coordinator/points.ts';
import type { RoundState } from '../../server/coordinator/round-state.ts';
import { createBlobStore } from '../../server/storage/blobs.ts';
import { createNodeDisk } from '../../server/storage/node-disk.ts';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import { asTaskId, type EdgeId } from '../../shared/ids.ts';
import { findViolations, type Pairs } from '../helpers/chaos-checks.ts';
import { bundleHelper, startChild, type ChaosChild } from '../helpers/chaos-child.ts';
import type { CoordinatorMessage, CoordinatorSettings } from '../helpers/chaos-coordinator-process.ts';
import { startSocketEdge, type SocketEdge } from '../helpers/chaos-socket-edge.ts';
import { createTurnstile } from '../helpers/chaos-turnstile.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
/** The four edges' examples: no two of their deltas are alike. */
const EXAMPLES: readonly Pairs[] = [[[1, 1]], [[1, 3], [2, 1]], [[3, 0], [1, 2], [1, 2]], [[-1, 2]]];
const TASK = toySpec({
  round: { goal: 3, minimum: 3, overSelection: 1, selectionSeconds: 60, configurationSeconds: 60, reportingSeconds: 60, absenceSeconds: 60 },
  stop: { rounds: 2 },
});

interface Kill {
  readonly point: RoundPoint;
  readonly time: number;
}

type HeldBack = 'before training' | 'before downloading';

/** Every point; those that reports pass also where reports came before, and where the last one closes the round. */
const KILLS: readonly (readonly Kill[])[] = [
  ...ROUND_POINTS.map((point): Kill[] => [{ point, time: 1 }]),
  [{ point: 'report-checked', time: 3 }],
  [{ point: 'report-journaled', time: 2 }],
  [{ point: 'report-journaled', time: 3 }],
  [{ point: 'report-merged', time: 3 }],
  // And again and again, in one round.
  [{ point: 'assignments-stored', time: 1 }, { point: 'report-merged', time: 2 }, { point: 'closing-stored', time: 1 }, { point: 'checkpoint-stored', time: 1 }],
];
const CASES: readonly (readonly [kills: readonly Kill[], heldBack: HeldBack])[] = [
  ...KILLS.map((kills) => [kills, 'before training'] as const),
  ...KILLS.slice(ROUND_POINTS.length).map((kills) => [kills, 'before downloading'] as const),
];

let coordinator: { readonly path: string; remove(): Promise<void> };
let folder = '';
const running = new Set<ChaosChild<CoordinatorMessage>>();
const edges: SocketEdge[] = [];

beforeAll(async () => {
  coordinator = await bundleHelper('chaos-coordinator-process');
});
afterAll(() => coordinator.remove());
afterEach(async () => {
  // Without a coordinator a session has nobody to say goodbye to.
  await Promise.all([...running].map((child) => child.kill()));
  running.clear();
  await Promise.all(edges.splice(0).map(({ session }) => session.stop()));
  await rm(folder, { recursive: true, force: true });
});

function start(settings: Omit<CoordinatorSettings, 'task' | 'data'>): ChaosChild<CoordinatorMessage> {
  const child = startChild<CoordinatorMessage>(coordinator.path, { ...settings, data: folder, task: TASK } satisfies CoordinatorSettings);
  running.add(child);
  return child;
}

/**
 * Four edges that report one after the other: the next one goes on when the one before was answered. Held back before
 * they train, all are configured before the first report; held back before they download, reports come while others
 * are not configured yet.
 */
function startEdges(url: string, heldBack: HeldBack): void {
  const turns = createTurnstile<SocketEdge>();
  for (const examples of EXAMPLES) {
    edges.push(
      startSocketEdge({
        url, examples, identity: generateKeyPair(),
        ...(heldBack === 'before training' ? { mayTrain: (edge) => turns.pass(edge) } : { mayDownload: (edge) => turns.pass(edge) }),
        onEvent(event, edge) {
          if (event.type === 'reported' || event.type === 'released' || event.type === 'error') turns.leave(edge);
        },
      }),
    );
  }
}

const examplesOf = (edge: EdgeId): Pairs => EXAMPLES[edges.findIndex(({ session }) => session.edge === edge)];

async function storedState(): Promise<{ state: RoundState; assignments: string[] }> {
  const store = await openSqliteStore(join(folder, 'murmuration.db'));
  try {
    const state = (await store.loadState(LINE)) as RoundState;
    return { state, assignments: [...itemsOf(state.assignments)].map(({ id, edge }) => `${id} ${edge}`) };
  } finally {
    await store.close();
  }
}

describe('a coordinator that is killed', () => {
  it.each(CASES.map(([kills, heldBack]) => [kills.map(({ point, time }) => `${point} (${time})`).join(', '), heldBack, kills] as const))('at %s, edges held back %s, goes on and loses nothing', async (_name, heldBack, kills) => {
    folder = await mkdtemp(join(tmpdir(), 'murmuration-chaos-'));
    let port = 0;
    /** Assignments of round 1 as soon as they are stored: they never change. */
    let issued: string[] | null = null;
    const expectSameRound = async (): Promise<void> => {
      const { state, assignments } = await storedState();
      if (state.round > 1) return;
      if (issued !== null) expect({ round: state.round, assignments }).toEqual({ round: 1, assignments: issued });
      else if (assignments.length > 0) issued = assignments;
    };

    for (const kill of kills) {
      const child = start({ port, kill });
      const up = await child.heard('up');
      if (port === 0) startEdges(up.url, heldBack);
      port = up.port;
      expect(await child.ended).toBe('SIGKILL');
      running.delete(child);
      await expectSameRound();
    }
    const acknowledgedBefore = edges.flatMap(({ acknowledged }) => [...acknowledged]);
    // Reports come one after the other: all but the one at whose point it died were answered.
    const [{ point, time }] = kills;
    if (kills.length === 1 && point.startsWith('report-')) expect(acknowledgedBefore).toHaveLength(time - 1);

    const last = start({ port, kill: null });
    await last.heard('finished');
    last.send({ stop: true });
    await last.heard('stopped');

    const store = await openSqliteStore(join(folder, 'murmuration.db'));
    try {
      const acknowledged = edges.flatMap((edge) => [...edge.acknowledged]);
      expect(await findViolations({ store, blobs: createBlobStore(await createNodeDisk(folder)), task: LINE, examplesOf, acknowledged })).toEqual([]);
      for (const before of acknowledgedBefore) expect(acknowledged).toContainEqual(before);
      // Both rounds were committed, none was given up or done again.
      const rounds = await store.listRounds(LINE, { limit: 10 });
      expect(rounds.map(({ round, outcome, version, reported }) => ({ round, outcome, version, reported }))).toEqual([
        { round: 2, outcome: 'committed', version: 2, reported: 3 },
        { round: 1, outcome: 'committed', version: 1, reported: 3 },
      ]);
      if (issued !== null) {
        const parts = (await store.listParticipations(LINE, 1)).filter(({ assignment }) => assignment !== null);
        expect(parts.map(({ assignment, edge }) => `${assignment} ${edge}`)).toEqual(issued);
      }
      expect(await readdir(join(folder, 'journal', 'line'))).toEqual([]);
      expect(await readdir(join(folder, '.tmp')).catch(() => [])).toEqual([]);
    } finally {
      await store.close();
    }
  }, 120_000);
});
