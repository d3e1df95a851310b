import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareBackend } from '../../shared/model/backends.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { murmur, startScript, type MurmurProcess } from '../helpers/murmur-process.ts';

/** y = 2·x + 1 on a handful of rows: a model of two weights that one can work out by hand. */
const SPEC: TaskSpecInput = {
  name: 'line',
  description: 'a straight line',
  model: {
    topology: { class_name: 'Sequential', config: { name: 'line', layers: [{ class_name: 'Dense', config: { name: 'out', units: 1, activation: 'linear', batch_input_shape: [null, 1] } }] } },
    loss: 'meanSquaredError',
  },
  data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label: { type: 'numeric', column: 'y' } },
  algorithm: { name: 'fedavg', epochs: 20, batchSize: null, learningRate: 0.2 },
  round: { goal: 2, minimum: 2, overSelection: 1, comeBackSeconds: 0.2 },
  stop: { rounds: 5 },
};
const csv = (xs: readonly number[]): string => `x,y\n${xs.map((x) => `${x},${2 * x + 1}`).join('\n')}\n`;

let folder = '';
let server: MurmurProcess | null = null;
const agents: MurmurProcess[] = [];
let url = '';
let data = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-cli-'));
  data = join(folder, 'data');
  await writeFile(join(folder, 'spec.json'), JSON.stringify(SPEC));
  await writeFile(join(folder, 'all.csv'), csv([-1, 0, 1]));
  await writeFile(join(folder, 'one.csv'), csv([-1, -0.5, 0.25]));
  await writeFile(join(folder, 'two.csv'), csv([0.5, 1]));
  server = startScript('run-murmur', ['serve', '--port', '0', '--data', data, '--enrol-token', 'let-me-in', '--evaluate', `line=csv:${join(folder, 'all.csv')}`]);
  url = String((await server.line(({ event }) => event === 'listening')).url);
}, 300_000);

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.interrupt()));
  await server?.interrupt();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

describe('a federation by the command line alone', () => {
  it('refuses a wrong TaskSpec with the path of each wrong field', async () => {
    const wrong = join(folder, 'wrong.json');
    await writeFile(wrong, JSON.stringify({ ...SPEC, round: { goal: 0 }, surplus: 1 }));
    const { code, last } = await murmur('task', 'create', wrong, '--data', data);
    expect(code).toBe(1);
    expect(last).toMatchObject({ ok: false, error: { code: 'bad_task_spec', details: expect.arrayContaining([expect.objectContaining({ path: 'round.goal' }), expect.objectContaining({ path: 'surplus' })]) as unknown } });
  });

  it('asks for the admin token where something changes', async () => {
    const { code, last } = await murmur('task', 'create', join(folder, 'spec.json'), '--url', url, '--admin-token', 'wrong');
    expect(code).toBe(1);
    expect(last).toMatchObject({ error: { code: 'bad_token' } });
  });

  it('creates a task, once', async () => {
    expect(await murmur('task', 'create', join(folder, 'spec.json'), '--data', data)).toMatchObject({ code: 0, last: { task: 'line', status: 'created' } });
    expect(await murmur('task', 'create', join(folder, 'spec.json'), '--data', data)).toMatchObject({ code: 1, last: { error: { code: 'conflict' } } });
    expect((await murmur('task', 'list', '--data', data)).last).toMatchObject({ tasks: [{ id: 'line', status: 'created' }] });
  });

  it('turns an agent away that has no enrolment token', async () => {
    const stranger = startScript('run-murmur', ['agent', '--url', url, '--dataset', `csv:${join(folder, 'one.csv')}`, '--state', join(folder, 'stranger'), '--backend', 'cpu', '--token', 'wrong']);
    expect(await stranger.ended).toMatchObject({ code: 1, last: { ok: false, error: { code: 'bad_token' } } });
  });

  it('learns the line from two agents that keep their rows', async () => {
    for (const name of ['one', 'two']) {
      agents.push(startScript('run-murmur', ['agent', '--url', url, '--token', 'let-me-in', '--dataset', `line=csv:${join(folder, `${name}.csv`)}`, '--name', name, '--state', join(folder, name), '--backend', 'cpu', '--export-personal', join(folder, `${name}.safetensors`)]));
    }
    await Promise.all(agents.map((agent) => agent.line(({ event }) => event === 'connected')));
    expect((await murmur('task', 'start', 'line', '--data', data)).code).toBe(0);
    await Promise.all(agents.map((agent) => agent.line(({ event, round, outcome }) => event === 'reported' && round === 5 && outcome === 'accepted')));
    // The round is committed after the last report's acknowledgement: ask until the task has ended.
    let shown = await murmur('task', 'show', 'line', '--data', data);
    while ((shown.last.task as { status: string }).status !== 'finished') shown = await murmur('task', 'show', 'line', '--data', data);
    expect(shown.last).toMatchObject({ round: { round: 5, outcome: 'committed', reported: 2 }, participations: [{ status: 'reported' }, { status: 'reported' }] });
    expect((shown.last.participations as { examples: number }[]).map(({ examples }) => examples).sort()).toEqual([2, 3]);
    const [{ edge }] = shown.last.participations as { edge: string }[];
    const why = await murmur('task', 'show', 'line', '--round', '5', '--why', '--edge', edge, '--data', data);
    expect(why.last).toMatchObject({ task: 'line', round: { round: 5 }, participations: [{ edge, status: 'reported' }] });
    const { last } = await murmur('models', 'list', 'line', '--data', data);
    const versions = last.versions as { version: number; metrics: { loss?: number } }[];
    expect(versions.map(({ version }) => version)).toEqual([5, 4, 3, 2, 1, 0]);
    expect(versions[0].metrics.loss).toBeLessThan(0.01);
    const best = versions.filter(({ metrics }) => metrics.loss !== undefined).reduce((one, other) => ((other.metrics.loss ?? 0) < (one.metrics.loss ?? 0) ? other : one));
    expect(last.labels).toEqual({ best: best.version });
    expect((await murmur('models', 'export', 'line', '--version', 'best', '--format', 'safetensors', '--out', join(folder, 'best.safetensors'), '--data', data)).last).toMatchObject({ version: best.version });
    // What can be done with a task that has ended.
    const again = await murmur('task', 'start', 'line', '--data', data);
    expect(again).toMatchObject({ code: 1, last: { error: { code: 'conflict', message: expect.stringMatching(/^task line is finished: .*`murmur models export line`.*another name/) as string } } });
    const before = (await murmur('task', 'list', '--data', data)).last.tasks;
    expect((await murmur('task', 'stop', 'line', '--data', data)).last).toEqual({ task: 'line', status: 'finished' });
    expect((await murmur('task', 'list', '--data', data)).last.tasks).toEqual(before);
  }, 120_000);

  it('exports what TensorFlow.js and readers of safetensors open', async () => {
    // An agent's own file is written once its last report was accepted: here it holds the version that it worked on last.
    await agents[0].line(({ event, version }) => event === 'exported' && version === 4);
    expect(decodeCheckpoint(new Uint8Array(await readFile(join(folder, 'one.safetensors')))).metadata).toMatchObject({ task: 'line', version: '4', personal: 'false' });
    const out = join(folder, 'exported');
    expect(await murmur('models', 'export', 'line', '--format', 'tfjs', '--out', out, '--data', data)).toMatchObject({ code: 0, last: { version: 5, format: 'tfjs', out, parameters: 2 } });
    const single = join(folder, 'line.safetensors');
    expect((await murmur('models', 'export', 'line', '--version', '5', '--format', 'safetensors', '--out', single, '--data', data)).code).toBe(0);
    const { parameters } = decodeCheckpoint(new Uint8Array(await readFile(single)));
    const [slope, offset] = parameters.values;

    await prepareBackend('cpu');
    const document = JSON.parse(await readFile(join(out, 'model.json'), 'utf8')) as { modelTopology: object; weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: 'float32' }[] }[] };
    const [{ paths, weights }] = document.weightsManifest;
    const shards = await Promise.all(paths.map((path) => readFile(join(out, path))));
    const model = await loadLayersModel({ load: async () => ({ modelTopology: document.modelTopology, weightSpecs: weights, weightData: new Uint8Array(Buffer.concat(shards)).buffer }) });
    const predicted = (model.predict(tf.tensor2d([[3]])) as tf.Tensor).dataSync()[0];
    model.dispose();
    expect(predicted).toBeCloseTo(3 * slope + offset, 5);
    expect(predicted).toBeCloseTo(7, 0);
    expect((await murmur('models', 'export', 'line', '--version', '99', '--format', 'tfjs', '--out', out, '--data', data)).last).toMatchObject({ error: { code: 'not_found' } });
    expect((await murmur('models', 'export', 'line', '--version', 'no-such-label', '--format', 'tfjs', '--out', out, '--data', data)).last).toMatchObject({ error: { code: 'not_found' } });
  }, 60_000);

  it('shuts an edge out', async () => {
    const { last } = await murmur('edges', 'list', '--data', data);
    const edges = last.edges as { id: string; name: string }[];
    expect(edges.map(({ name }) => name).sort()).toEqual(['one', 'two']);
    const one = edges.find(({ name }) => name === 'one');
    expect((await murmur('edges', 'revoke', String(one?.id), '--data', data)).code).toBe(0);
    expect(await agents[0].ended).toMatchObject({ code: 1, last: { ok: false, error: { code: 'revoked' } } });
  }, 60_000);

  it('ends in order on Ctrl-C, and leaves no address behind', async () => {
    agents[1].child.kill('SIGINT');
    expect(await agents[1].ended).toMatchObject({ code: 0, last: { event: 'left', reports: 5 } });
    server?.child.kill('SIGINT');
    expect(await server?.ended).toMatchObject({ code: 0, last: { event: 'stopped' } });
    await expect(stat(join(data, 'server.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  }, 60_000);
});
