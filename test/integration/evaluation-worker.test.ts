import { readdir } from 'node:fs/promises';
import { build } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import type { Evaluator } from '../../server/evaluation/evaluator.ts';
import { createEvaluator } from '../../server/evaluation/worker-evaluator.ts';
import { findWorkerFile } from '../../server/evaluation/worker-url.ts';
import { asTaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { initialParameters } from '../../shared/model/build-model.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { TaskSpec, type TaskSpecInput, type TrainedTask } from '../../shared/task/task-spec.ts';
import { mlp2nn } from '../../simulations/models/mlp-2nn.ts';

const task = asTaskId('flags');

function specOf(changes: Partial<TaskSpecInput> = {}): TrainedTask {
  return TaskSpec.parse({
    name: task,
    model: { topology: { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense', config: { name: 'd', units: 2, activation: 'softmax' } }] } }, loss: 'categoricalCrossentropy' },
    data: { kind: 'image', height: 1, width: 2, channels: 1, classes: ['left', 'right'], flat: true, scale: 1 },
    algorithm: { name: 'fedavg' },
    round: { goal: 1 },
    ...changes,
  } satisfies TaskSpecInput) as TrainedTask;
}

/** Four images of two pixels; a view into a larger buffer, as parts of files are. */
const examples: Examples = {
  size: 4,
  inputs: Uint8Array.of(9, 9, 9, 1, 0, 0, 1, 1, 0, 1, 0, 9).subarray(3, 11),
  inputShape: [2],
  scale: 1,
  labels: Int32Array.of(0, 1, 0, 1),
  labelShape: [],
};
/** Logits 3·x: the first three examples are right, the fourth is wrong. */
const weights = Float32Array.of(3, 0, 0, 3, 0, 0);

let open: Evaluator[] = [];
function evaluator(): Evaluator {
  const made = createEvaluator({ logger: silentLogger });
  open.push(made);
  return made;
}
afterEach(async () => {
  for (const made of open) await made.stop();
  open = [];
});

describe('the evaluator in its worker', () => {
  it('describes a model: the initial weights that everybody computes, no problems', async () => {
    const spec = specOf({ model: { topology: mlp2nn(), loss: 'categoricalCrossentropy', seed: 9 }, data: { kind: 'image', height: 28, width: 28, channels: 1, classes: [...'0123456789'], flat: true } });
    const { parameters, problems } = await evaluator().describe(spec);
    expect(problems).toEqual([]);
    expect(parameters).toEqual(await initialParameters(spec));
  });

  it('says what is wrong with a model', async () => {
    const { parameters, problems } = await evaluator().describe(specOf({ model: { topology: mlp2nn(), loss: 'categoricalCrossentropy' } }));
    expect(parameters.values.length).toBe(0);
    expect(problems.map(({ path }) => path)).toEqual(['model.topology', 'model.topology']);
  });

  it('evaluates weights on the held-out examples', async () => {
    const made = evaluator();
    const spec = specOf();
    expect(await made.evaluate(task, spec, weights, 1)).toBeNull();
    await made.setExamples(task, examples);
    const evaluation = await made.evaluate(task, spec, weights, 1);
    // A right one loses log(1 + e^−3), the wrong one log(1 + e^3).
    const loss = (3 * Math.log1p(Math.exp(-3)) + Math.log1p(Math.exp(3))) / 4;
    expect(evaluation).toEqual({ examples: 4, loss: expect.closeTo(loss, 5) as number, accuracy: 0.75 });
    // Other weights, then the same again: nothing sticks.
    expect((await made.evaluate(task, spec, weights.map((w) => -w), 1))?.accuracy).toBe(0.25);
    expect(await made.evaluate(task, spec, weights, 1)).toEqual(evaluation);
    await made.setExamples(task, { ...examples, labels: Int32Array.of(0, 1, 0, 0) });
    expect((await made.evaluate(task, spec, weights, 1))?.accuracy).toBe(1);
  });

  it('answers several at once, each its own', async () => {
    const made = evaluator();
    await made.setExamples(task, examples);
    const answers = await Promise.all([1, -1, 1, -1].map((sign) => made.evaluate(task, specOf(), weights.map((w) => sign * w), 1)));
    expect(answers.map((answer) => answer?.accuracy)).toEqual([0.75, 0.25, 0.75, 0.25]);
  });

  it('passes errors on with their codes, and goes on', async () => {
    const made = evaluator();
    await made.setExamples(task, { ...examples, labels: Int32Array.of(0, 1, 2, 1) });
    await expect(made.evaluate(task, specOf(), weights, 1)).rejects.toMatchObject({ code: 'bad_dataset', message: expect.stringContaining('example 2 has the label 2') as string });
    await made.setExamples(task, examples);
    await expect(made.evaluate(task, specOf(), new Float32Array(5), 1)).rejects.toMatchObject({ code: 'bad_layout' });
    expect((await made.evaluate(task, specOf(), weights, 1))?.accuracy).toBe(0.75);
  });

  it('loads no TensorFlow.js on the main thread', async () => {
    const { metafile } = await build({
      entryPoints: ['server/evaluation/worker-evaluator.ts'],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      conditions: ['source'],
      packages: 'external',
      logLevel: 'silent',
    });
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
    expect(imports).toContain('node:worker_threads');
    expect(imports.filter((path) => path.includes('tensorflow'))).toEqual([]);
  });

  it('rejects what is under way when it is stopped, and refuses what comes after', async () => {
    const made = evaluator();
    const work = made.describe(specOf());
    const rejected = expect(work).rejects.toMatchObject({ code: 'aborted' });
    await made.stop();
    await rejected;
    await expect(made.describe(specOf())).rejects.toMatchObject({ code: 'aborted' });
  });

  it('removes the bundle that was made for it', async () => {
    const file = await findWorkerFile(new URL('../../server/evaluation/evaluation-worker.ts', import.meta.url));
    const folder = new URL('.', file.url);
    const name = file.url.pathname.slice(folder.pathname.length);
    expect(await readdir(folder)).toContain(name);
    await file.remove();
    expect(await readdir(folder)).not.toContain(name);
  });
});
