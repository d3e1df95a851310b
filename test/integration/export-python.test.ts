/** What `models export` writes of a task that has learned, opened by others: TensorFlow.js and Python's safetensors. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMurmur } from '../../cli/main.ts';
import { startAgent } from '../../client/node/agent.ts';
import { openDatasetSource } from '../../client/datasets/node/open-source.ts';
import { startServer, type RunningServer } from '../../server/start-server.ts';
import { prepareBackend } from '../../shared/model/backends.ts';
import { buildModel } from '../../shared/model/build-model.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import type { TaskSpecInput, TrainedTask } from '../../shared/task/task-spec.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import type { Parameters } from '../../shared/tensors/layout.ts';

const FLOWERS = resolve(import.meta.dirname, '../../docs/flowers');
const PYTHON = process.env.MURMUR_PYTHON ?? 'python3';
const pythonIsMissing = spawnSync(PYTHON, ['-c', 'import safetensors.numpy']).status !== 0;
if (pythonIsMissing) console.warn(`\nTHE PYTHON EXPORT TEST IS SKIPPED: ${PYTHON} cannot import safetensors.numpy.\nInstall it (pip install safetensors numpy), or name another Python: MURMUR_PYTHON=/path/to/python3\n`);

const flowers = JSON.parse(readFileSync(join(FLOWERS, 'task.json'), 'utf8')) as TaskSpecInput;
const spec = parseTaskSpec({ ...flowers, round: { goal: 1, minimum: 1, overSelection: 1 }, stop: { rounds: 2 } }) as TrainedTask;
let folder = '';
let server: RunningServer | null = null;
let heldOut: Examples | null = null;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-export-'));
  heldOut = (await openDatasetSource(`csv:${FLOWERS}/held-out.csv`).load(spec.data)).train;
  const running = await startServer({ port: 0, data: join(folder, 'data'), enrolment: { open: true }, seed: 1 });
  server = running;
  await running.createTask(spec);
  const learned = new Promise<void>((done) => running.coordinator.listen({ roundEnded: (_task, { version }) => { if (version === 2) done(); } }));
  const agent = await startAgent({ url: running.url, stateFolder: join(folder, 'agent'), dataset: () => openDatasetSource(`csv:${FLOWERS}/garden.csv`), backend: 'cpu' });
  await running.startTask('flowers');
  await learned;
  await agent.stop();
}, 120_000);
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function exportAs(format: 'tfjs' | 'safetensors', out: string): Promise<void> {
  let said = '';
  const code = await runMurmur(['models', 'export', 'flowers', '--format', format, '--out', out, '--data', join(folder, 'data')], { out: (text) => void (said += text), error: (text) => void (said += text) });
  expect(said).toBe(`Version 2 of flowers at ${server?.url} is written to ${out} (524 B of weights).\n`);
  expect(code).toBe(0);
}

async function checkpoint(): Promise<Parameters> {
  const answer = (await (await fetch(`${server?.url}/api/tasks/flowers/versions/2`)).json()) as { version: { checkpoint: string } };
  const bytes = await (await fetch(`${server?.url}/checkpoints/${answer.version.checkpoint}`)).arrayBuffer();
  return decodeCheckpoint(new Uint8Array(bytes)).parameters;
}

/** [30, 3]: what our own model says of the held-out irises with the checkpoint's weights. */
async function expected(inputs: tf.Tensor): Promise<Float32Array> {
  const model = await buildModel(spec);
  model.setWeights((await checkpoint()).values);
  const output = model.predict(inputs);
  const values = (await output.data()) as Float32Array;
  output.dispose();
  model.dispose();
  return values;
}

describe('the export of a task that has learned', () => {
  it('predicts in TensorFlow.js exactly as the checkpoint does', async () => {
    await prepareBackend('cpu');
    const out = join(folder, 'tfjs');
    await exportAs('tfjs', out);
    const document = JSON.parse(await readFile(join(out, 'model.json'), 'utf8')) as { modelTopology: object; format: string; weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[]; userDefinedMetadata: object };
    expect(document).toMatchObject({ format: 'layers-model', userDefinedMetadata: { task: 'flowers', version: 2, data: { kind: 'table', label: { type: 'categorical' } } } });
    const [{ paths, weights }] = document.weightsManifest;
    const shards = await Promise.all(paths.map((path) => readFile(join(out, path))));
    const model = await loadLayersModel({ load: async () => ({ modelTopology: document.modelTopology, weightSpecs: weights, weightData: new Uint8Array(Buffer.concat(shards)).buffer }) });
    const inputs = tf.tensor2d(heldOut?.inputs as Float32Array, [30, 4]);
    const output = model.predict(inputs) as tf.Tensor;
    const predicted = await output.data();
    expect(predicted).toEqual(await expected(inputs));
    // It has learned: the initial weights would hardly tell two of three species apart.
    const hits = Array.from(heldOut?.labels ?? [], (label, i) => [0, 1, 2].every((other) => predicted[3 * i + label] >= predicted[3 * i + other])).filter(Boolean).length;
    expect(hits).toBeGreaterThanOrEqual(18);
    tf.dispose([inputs, output]);
    model.dispose();
  });

  it.skipIf(pythonIsMissing)('opens in Python, where its weights compute the same', async () => {
    await prepareBackend('cpu');
    const file = join(folder, 'flowers.safetensors');
    await exportAs('safetensors', file);
    const script = `
import json, sys
import numpy
from safetensors import safe_open
from safetensors.numpy import load_file
w = load_file(sys.argv[1])
x = numpy.array(json.loads(sys.argv[2]), dtype=numpy.float32).reshape(-1, 4)
h = numpy.maximum(x @ w["hidden/kernel"] + w["hidden/bias"], 0)
z = h @ w["species/kernel"] + w["species/bias"]
e = numpy.exp(z - z.max(axis=1, keepdims=True))
with safe_open(sys.argv[1], "numpy") as f: metadata = f.metadata()
print(json.dumps({"tensors": {n: [str(v.dtype), list(v.shape), [float(y) for y in v.ravel()]] for n, v in w.items()}, "metadata": metadata, "predicted": (e / e.sum(axis=1, keepdims=True)).ravel().tolist()}))
`;
    const { stdout } = await promisify(execFile)(PYTHON, ['-c', script, file, JSON.stringify(Array.from(heldOut?.inputs ?? []))]);
    const python = JSON.parse(stdout) as { tensors: Record<string, [string, number[], number[]]>; metadata: Record<string, string>; predicted: number[] };
    const { layout, values } = await checkpoint();
    expect(python.tensors).toEqual(Object.fromEntries(layout.tensors.map(({ name, shape, offset, size }) => [name, ['float32', [...shape], Array.from(values.subarray(offset, offset + size))]])));
    expect(Object.entries(python.tensors).map(([name, [, shape]]) => [name, shape]).sort()).toEqual([['hidden/bias', [16]], ['hidden/kernel', [4, 16]], ['species/bias', [3]], ['species/kernel', [16, 3]]]);
    const inputs = tf.tensor2d(heldOut?.inputs as Float32Array, [30, 4]);
    const ours = await expected(inputs);
    inputs.dispose();
    expect(python.predicted).toHaveLength(90);
    python.predicted.forEach((value, i) => expect(value).toBeCloseTo(ours[i], 5));
  });
});
