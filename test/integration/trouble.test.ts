/** The coordinator points out trouble: real sessions on the toy line, one of whose edges holds examples of another line. */
import { afterEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import { edgeIdOf } from '../../shared/edge-id.ts';
import { generateKeyPair } from '#platform/crypto';
import { asTaskId } from '../../shared/ids.ts';
import { silentLogger, type Logger } from '../../shared/logger.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { createSimulatedDisk } from '../../simulations/faults/simulated-disk.ts';
import { createRandom } from '../../shared/random.ts';
import { createVirtualFederation, toySpec, type FederationSettings, type VirtualFederation } from '../helpers/virtual-federation.ts';

const XS = [-1, -0.5, 0.5, 1];
const line = (a: number, b: number) => XS.map((x) => [x, a * x + b] as const);
const TASK = asTaskId('line');
const ODD = 5;

const federations: VirtualFederation[] = [];
afterEach(async () => {
  for (const one of federations.splice(0)) await one.stop();
});

interface Told {
  readonly level: 'warn' | 'info';
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** Five edges of one line, and one of each six whose line falls where theirs rises, and lies far below it. */
async function start(fields: Partial<TaskSpecInput> = {}, settings: FederationSettings = {}, edges = 6): Promise<{ federation: VirtualFederation; told: Told[]; odd: string }> {
  const told: Told[] = [];
  const note = (level: Told['level']) => (fieldsOf: object, message: string) => void told.push({ level, fields: fieldsOf as Told['fields'], message });
  const logger: Logger = { ...silentLogger, warn: note('warn'), info: note('info') };
  const keys = Array.from({ length: edges }, () => generateKeyPair());
  let next = 0;
  const federation = await createVirtualFederation({ logger, keys: () => keys[next++], ...settings });
  federations.push(federation);
  await federation.coordinator.start();
  for (let i = 0; i < edges; i++) federation.addEdge({ examples: i % 6 === ODD ? line(-40, -40) : line(2, 1) });
  if ((await federation.store.getTask(TASK)) === null) {
    await federation.coordinator.createTask(toySpec({ algorithm: { name: 'fedavg', epochs: 1, batchSize: null, learningRate: 0.02 }, round: { goal: edges, minimum: edges, overSelection: 1 }, ...fields }));
    await federation.coordinator.startTask(TASK);
  }
  return { federation, told, odd: edgeIdOf(keys[ODD].publicKey) };
}

const warnings = (told: readonly Told[]) => told.filter(({ level, fields }) => level === 'warn' && 'reading' in fields).map(({ fields }) => [fields.round, fields.reading, fields.edges]);

describe('an edge with other examples than the rest', () => {
  it('is named with the evidence, once in the log, and stored', async () => {
    const { federation, told, odd } = await start();
    await federation.untilRounds(4);
    const findings = await federation.coordinator.findings(TASK);
    expect(findings.map(({ reading, edges, since, foundIn }) => [reading, edges, since, foundIn])).toEqual([
      ['edge-loss', [odd], 1, 2],
      ['edge-direction', [odd], 1, 2],
      ['edge-length', [odd], 1, 2],
    ]);
    expect(warnings(told)).toEqual(['edge-loss', 'edge-direction', 'edge-length'].map((reading) => [2, reading, [odd]]));
    // At a = b = 0 the loss is the mean of (y)²: for y = 2x + 1 it is 4 · 0.625 + 1 = 3.5, for y = −40x − 40 1600 · 0.625 + 1600 = 2600.
    const [loss] = findings;
    expect(loss.lines[0].points[0]).toEqual([1, 2600]);
    expect(loss.lines[1].points[0][1]).toBeCloseTo(3.5, 6);
    const [first] = federation.coordinator.driver(TASK).history().edges.find(({ edge }) => edge === odd)?.parts ?? [];
    expect(first.lossRatio).toBeCloseTo(2600 / 3.5, 6);
    // The gradient is 2·(Σx(ax + b − y)/n, Σ(ax + b − y)/n): (−2.5, −2) for the rest, (50, 80) for this one.
    expect(first.norm).toBeCloseTo(0.02 * Math.hypot(50, 80), 4);
    expect(first.lengthRatio).toBeCloseTo(Math.hypot(50, 80) / Math.hypot(2.5, 2), 4);
    expect(first.cosine).toBeCloseTo(-(2.5 * 50 + 2 * 80) / (Math.hypot(50, 80) * Math.hypot(2.5, 2)), 4);
    expect(await federation.store.listFindings(TASK, { standing: true })).toHaveLength(3);
  });

  it('has one line in the log with others of its kind', async () => {
    const { federation, told } = await start({}, {}, 12);
    await federation.untilRounds(4);
    const findings = await federation.coordinator.findings(TASK);
    expect(findings.filter(({ reading }) => reading === 'edge-direction')).toHaveLength(2);
    const lines = told.filter(({ level, fields }) => level === 'warn' && fields.reading === 'edge-direction');
    expect(lines.map(({ fields }) => (fields.edges as string[]).length)).toEqual([2]);
    expect(lines[0].message).toMatch(/point away .*; and so, or nearly so, at 1 more$/);
  });

  it('is not looked at where the task does not want it, or keeps single reports off the disk', async () => {
    for (const fields of [{ diagnosis: { singleEdges: false } }, { privacy: { journal: false } }]) {
      const { federation, told } = await start(fields);
      await federation.untilRounds(4);
      expect(await federation.coordinator.findings(TASK)).toEqual([]);
      expect(warnings(told)).toEqual([]);
      for (const { parts } of federation.coordinator.driver(TASK).history().edges) for (const part of parts) expect(part).toMatchObject({ status: 'reported', loss: null, norm: null, cosine: null });
    }
  });

  it('stands over a restart of the coordinator, which does not tell of it again', async () => {
    const store = await openSqliteStore(':memory:');
    const disk = createSimulatedDisk({ random: createRandom(1) });
    const keeping = { ...store, close: () => Promise.resolve() };
    const keys = Array.from({ length: 6 }, () => generateKeyPair());
    const withKeys = () => {
      let next = 0;
      return () => keys[next++];
    };
    const before = await start({}, { store: keeping, disk, keys: withKeys() });
    await before.federation.untilRounds(3);
    await federations.pop()?.stop();
    const { federation, told } = await start({}, { store: keeping, disk, clock: before.federation.clock, keys: withKeys() });
    await federation.untilRounds(1);
    const findings = await federation.coordinator.findings(TASK);
    expect(findings.map(({ reading, foundIn }) => [reading, foundIn])).toEqual([['edge-loss', 2], ['edge-direction', 2], ['edge-length', 2]]);
    expect(warnings(told)).toEqual([]);
    // Of the rounds before it knows what is stored.
    expect(federation.coordinator.driver(TASK).history().rounds.slice(0, 3).map(({ round, outcome, stepNorm }) => [round, outcome, stepNorm])).toEqual([[1, 'committed', null], [2, 'committed', null], [3, 'committed', null]]);
    await federations.pop()?.stop();
    await store.close();
  });
});

describe('a task that asks for both', () => {
  it('is refused with the reason and the alternative', async () => {
    await expect(start({ diagnosis: { singleEdges: true }, privacy: { journal: false } })).rejects.toMatchObject({
      code: 'bad_task_spec',
      details: [{ path: 'diagnosis.singleEdges', message: expect.stringMatching(/exclude each other: what is found of an edge is stored .*; leave diagnosis.singleEdges out/) as string }],
    });
  });
});
