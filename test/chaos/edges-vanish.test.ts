/** Edges that vanish in the middle of a round, their processes killed: none stalls it, and when all are gone it is given up with a reason. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair } from '#platform/crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LiveRound } from '../../shared/protocol/live-view.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { toHex } from '../../shared/hex.ts';
import { asTaskId, type EdgeId } from '../../shared/ids.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import { createBlobStore } from '../../server/storage/blobs.ts';
import { createNodeDisk } from '../../server/storage/node-disk.ts';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import { startServer, type RunningServer } from '../../server/start-server.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { findViolations, type Pairs } from '../helpers/chaos-checks.ts';
import { bundleHelper, startChild, type ChaosChild } from '../helpers/chaos-child.ts';
import type { EdgesMessage, EdgesSettings } from '../helpers/chaos-edges-process.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

const LINE = asTaskId('line');
const EXAMPLES: readonly Pairs[] = [[[1, 1]], [[1, 3], [2, 1]], [[3, 0], [1, 2], [1, 2]]];

let bundle: { readonly path: string; remove(): Promise<void> };
let folder = '';
let server: RunningServer;
const children = new Set<ChaosChild<EdgesMessage>>();
const ended: LiveRound[] = [];
const waiting = new Set<() => void>();

beforeAll(async () => {
  bundle = await bundleHelper('chaos-edges-process');
});
afterAll(() => bundle.remove());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-chaos-'));
  server = await startServer({
    data: folder, port: 0, seed: 1, enrolment: { open: true },
    evaluator: {
      describe: () => Promise.resolve({ parameters: createParameters(TOY_LAYOUT, new Float32Array(2)), problems: [] }),
      evaluate: () => Promise.resolve(null),
      setExamples: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    },
  });
  server.coordinator.listen({
    roundEnded(_task, round) {
      ended.push(round);
      for (const look of [...waiting]) look();
    },
  });
});
afterEach(async () => {
  await Promise.all([...children].map((child) => child.kill()));
  children.clear();
  ended.length = 0;
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function roundEnd(round: number): Promise<LiveRound> {
  return new Promise((resolve) => {
    const look = (): void => {
      const found = ended.find((one) => one.round === round);
      if (!found) return;
      waiting.delete(look);
      resolve(found);
    };
    waiting.add(look);
    look();
  });
}

interface Member {
  readonly id: EdgeId;
  readonly pair: ReturnType<typeof generateKeyPair>;
  readonly examples: Pairs;
}

const members = (): Member[] => EXAMPLES.map((examples) => {
  const pair = generateKeyPair();
  return { id: edgeIdOf(pair.publicKey), pair, examples };
});

function startEdges(who: readonly Member[], hang: boolean): ChaosChild<EdgesMessage> {
  const edges = who.map(({ pair, examples }) => ({ secretKey: toHex(pair.secretKey), publicKey: toHex(pair.publicKey), examples }));
  const child = startChild<EdgesMessage>(bundle.path, { url: server.url, edges, hang } satisfies EdgesSettings);
  children.add(child);
  return child;
}

async function begin(round: TaskSpecInput['round']): Promise<void> {
  await server.createTask(toySpec({ round, stop: { rounds: 1 } }));
  await server.startTask('line');
}

/** Closes the coordinator's files and reads what it wrote. */
async function history(who: readonly Member[]) {
  await server.stop();
  const store = await openSqliteStore(join(folder, 'murmuration.db'));
  try {
    const rounds = await store.listRounds(LINE, { limit: 10 });
    const parts = await Promise.all(rounds.map(async ({ round }) => [round, await store.listParticipations(LINE, round)] as const));
    const examplesOf = (edge: EdgeId): Pairs => who.find(({ id }) => id === edge)?.examples ?? [];
    const violations = await findViolations({ store, blobs: createBlobStore(await createNodeDisk(folder)), task: LINE, examplesOf, acknowledged: [] });
    return { violations, parts: new Map(parts) };
  } finally {
    await store.close();
  }
}

describe('edges that vanish', () => {
  it('do not stall the round: it closes with the others when the vanished one counts as lost', async () => {
    const who = members();
    await begin({ goal: 3, minimum: 2, overSelection: 1, selectionSeconds: 60, configurationSeconds: 600, reportingSeconds: 600, absenceSeconds: 1 });
    const hanging = startEdges(who.slice(0, 1), true);
    startEdges(who.slice(1), false);
    await hanging.heard('training');
    await hanging.kill();
    // Ten minutes before its deadline.
    expect(await roundEnd(1)).toMatchObject({ outcome: 'committed', version: 1, selected: 3, reported: 2 });
    const { violations, parts } = await history(who);
    expect(violations).toEqual([]);
    const lost = parts.get(1)?.filter(({ status }) => status === 'lost');
    expect(lost).toEqual([expect.objectContaining({ edge: who[0].id, reason: expect.stringMatching(/^away for \d/) as string })]);
    expect(parts.get(1)?.filter(({ status }) => status === 'reported').map(({ edge }) => edge).sort()).toEqual([who[1].id, who[2].id].sort());
  });

  it('all at once: the round is given up with a reason, and the next one goes on when they come back', async () => {
    const who = members();
    await begin({ goal: 3, minimum: 2, overSelection: 1, selectionSeconds: 60, configurationSeconds: 600, reportingSeconds: 600, absenceSeconds: 1, retrySeconds: 0.1 });
    const first = startEdges(who, true);
    for (const { id } of who) await first.heard('training', ({ edge }) => edge === id);
    await first.kill();
    expect(await roundEnd(1)).toMatchObject({ outcome: 'aborted', version: null, reported: 0, reason: expect.stringMatching(/^[01] of the 2 reports that are needed can still come$/) as string });
    startEdges(who, false);
    expect(await roundEnd(2)).toMatchObject({ outcome: 'committed', version: 1, reported: 3 });
    const { violations, parts } = await history(who);
    expect(violations).toEqual([]);
    expect(parts.get(1)?.every(({ status, reason }) => status === 'lost' || (status === 'released' && reason !== ''))).toBe(true);
  });

  it('but stay connected: the deadline gives the round up', async () => {
    const who = members();
    await begin({ goal: 3, minimum: 2, overSelection: 1, selectionSeconds: 60, configurationSeconds: 600, reportingSeconds: 1, retrySeconds: 600 });
    const hanging = startEdges(who, true);
    expect(await roundEnd(1)).toMatchObject({ outcome: 'aborted', reason: '0 of the 2 reports that are needed came before the deadline' });
    await hanging.kill();
    expect((await history(who)).violations).toEqual([]);
  });
});
