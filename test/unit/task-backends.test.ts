/** Which backend trains a task's model: chosen by measuring that model, once. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTaskBackends, readOrMeasureBackend } from '../../client/node/backend-file.ts';
import { inTurn } from '../../client/node/measuring-turn.ts';
import type { BackendChoice } from '../../client/training/choose-backend.ts';
import { createTaskTrainers, type TaskBackendsOptions } from '../../client/training/task-backends.ts';
import { systemClock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { Dataset } from '../../shared/model/examples.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import type { TrainedTask } from '../../shared/task/task-spec.ts';

/** Works with these, the first the fastest on the reference model; `cpu` fails. */
function deviceWith(...backends: BackendName[]): BackendChoice {
  const tried = backends.map((backend, i) => ({ backend, stepsPerSecond: 1000 - i, error: null }));
  return { backend: backends[0], stepsPerSecond: 1000, tried: [...tried, { backend: 'cpu', stepsPerSecond: null, error: 'not usable' }] };
}

const task = (name: string, units: number, batchSize: number | null): TrainedTask =>
  parseTaskSpec({
    name,
    model: { topology: { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense', config: { units, activation: 'linear' } }] } }, loss: 'meanSquaredError', seed: 1 },
    data: { kind: 'table', features: [{ type: 'numeric', column: 'a' }], label: { type: 'numeric', column: 'y' } },
    algorithm: { name: 'fedavg', epochs: 1, batchSize, learningRate: 0.1 },
    round: { goal: 1 },
  }) as TrainedTask;
const dataset = (size: number): Dataset => ({ train: { size, inputs: new Float32Array(0), inputShape: [1], scale: 1, labels: new Int32Array(0), labelShape: [] }, validation: null, source: 'a test' });

interface Seen {
  readonly measured: string[];
  readonly built: BackendName[];
}
/** Rates by backend; one that is left out cannot train the model. */
function trainersOf(rates: Partial<Record<BackendName, number>>, options: Partial<TaskBackendsOptions> = {}): Seen & { build: (spec: TrainedTask, size?: number) => Promise<Trainer> } {
  const measured: string[] = [];
  const built: BackendName[] = [];
  const create = createTaskTrainers({
    choice: deviceWith('native', 'wasm'),
    forced: false,
    async measure(_, backend, batchSize) {
      measured.push(`${backend} b${batchSize}`);
      const rate = rates[backend];
      if (rate === undefined) throw new Error('no kernel for that');
      return rate;
    },
    async createTrainer(_spec, _dataset, { backend }) {
      built.push(backend);
      return {} as Trainer;
    },
    ...options,
  });
  return { measured, built, build: (spec, size = 100) => create(spec, dataset(size)) };
}

describe("a task's backend", () => {
  it("is the fastest on the task's model and batch, whatever is fastest on the reference model", async () => {
    const { measured, built, build } = trainersOf({ native: 10, wasm: 30 });
    await build(task('one', 5, 16));
    expect(measured).toEqual(['native b16', 'wasm b16']);
    expect(built).toEqual(['wasm']);
  });

  it('is measured once for each model and batch, not for each task or trainer', async () => {
    const { measured, built, build } = trainersOf({ native: 30, wasm: 10 });
    await build(task('one', 5, 16));
    await build(task('one', 5, 16));
    await build(task('another', 5, 16));
    expect(measured).toHaveLength(2);
    await build(task('one', 6, 16));
    await build(task('one', 5, 32));
    expect(measured.slice(2)).toEqual(['native b16', 'wasm b16', 'native b32', 'wasm b32']);
    expect(built).toEqual(Array(5).fill('native'));
  });

  it('is measured on the batch that this edge can fill, as much of it as is trained at a time', async () => {
    const { measured, build } = trainersOf({ native: 30, wasm: 10 });
    await build(task('one', 5, 64), 20);
    await build(task('one', 5, null), 90);
    await build(task('one', 5, null), 6000);
    await build({ ...task('one', 7, 1), algorithm: { name: 'fedsgd', server: { name: 'sgd', learningRate: 1 } } }, 70);
    expect(measured.filter((one) => one.startsWith('wasm'))).toEqual(['wasm b20', 'wasm b90', 'wasm b250', 'wasm b70']);
  });

  it('is not measured where the owner forced one, where there is but one, and where there is nothing to train on', async () => {
    for (const options of [{ forced: true }, { choice: deviceWith('wasm') }]) {
      const { measured, built, build } = trainersOf({ native: 1, wasm: 30 }, options);
      await build(task('one', 5, 16));
      expect(measured).toEqual([]);
      expect(built).toEqual([options.choice?.backend ?? 'native']);
    }
    const { measured, build } = trainersOf({ native: 1, wasm: 30 });
    await build(task('one', 5, 16), 0);
    expect(measured).toEqual([]);
  });

  it('leaves out what cannot train the model; where nothing can, the device\'s own says why', async () => {
    const some = trainersOf({ wasm: 1 });
    await some.build(task('one', 5, 16));
    expect(some.built).toEqual(['wasm']);
    const none = trainersOf({});
    await none.build(task('one', 5, 16));
    expect(none.built).toEqual(['native']);
  });

  it('is measured for one task after the other, and told', async () => {
    let running = 0;
    let most = 0;
    const told: string[] = [];
    const { build } = trainersOf({}, {
      async measure(_, backend) {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return backend === 'wasm' ? 2 : 1;
      },
      onMeasured: (name, backend, tried) => told.push(`${name} ${backend} ${tried.map(({ stepsPerSecond }) => stepsPerSecond).join('/')}`),
    });
    await Promise.all([build(task('one', 5, 16)), build(task('two', 6, 16)), build(task('three', 5, 16))]);
    expect(most).toBe(1);
    expect(told).toEqual(['one wasm 1/2', 'two wasm 1/2']);
  });
});

describe("what an agent remembers of its tasks' backends", () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'murmuration-backends-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('outlives the agent, and is measured anew where the candidates are others', async () => {
    const first = trainersOf({ native: 1, wasm: 2 }, { memory: openTaskBackends(folder, systemClock) });
    await first.build(task('one', 5, 16));
    await first.build(task('two', 6, 16));
    const second = trainersOf({ native: 9, wasm: 2 }, { memory: openTaskBackends(folder, systemClock) });
    await second.build(task('one', 5, 16));
    expect(second.measured).toEqual([]);
    expect(second.built).toEqual(['wasm']);
    const third = trainersOf({ webgl: 9, wasm: 2 }, { memory: openTaskBackends(folder, systemClock), choice: deviceWith('webgl', 'wasm') });
    await third.build(task('one', 5, 16));
    expect(third.built).toEqual(['webgl']);
    expect(await readdir(folder)).toEqual(['task-backends.json']);
  });

  it('is measured by one for all that share the folder', async () => {
    const measured: string[] = [];
    const agents = Array.from({ length: 4 }, () =>
      trainersOf({}, {
        memory: openTaskBackends(folder, systemClock),
        async measure(_, backend) {
          measured.push(backend);
          await new Promise((resolve) => setImmediate(resolve));
          return backend === 'wasm' ? 2 : 1;
        },
      }),
    );
    await Promise.all(agents.map(({ build }) => build(task('one', 5, 16))));
    expect(measured).toEqual(['native', 'wasm']);
    expect(agents.map(({ built }) => built)).toEqual(Array(4).fill(['wasm']));
    expect(await readdir(folder)).toEqual(['task-backends.json']);
  });

  it('is measured all the same where the one whose turn it was has died', async () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    await writeFile(join(folder, 'measuring.lock'), String(dead));
    const { built, build } = trainersOf({ native: 1, wasm: 2 }, { memory: openTaskBackends(folder, systemClock) });
    await build(task('one', 5, 16));
    expect(built).toEqual(['wasm']);
    expect(await readdir(folder)).toEqual(['task-backends.json']);
  });

  it('is measured again where the file is damaged, and does without where it cannot be written', async () => {
    await writeFile(join(folder, 'task-backends.json'), '{"a": ');
    const damaged = trainersOf({ native: 1, wasm: 2 }, { memory: openTaskBackends(folder, systemClock) });
    await damaged.build(task('one', 5, 16));
    expect(damaged.built).toEqual(['wasm']);
    expect(Object.values(JSON.parse(await readFile(join(folder, 'task-backends.json'), 'utf8')) as object)).toEqual(['wasm']);
    const nowhere = trainersOf({ native: 1, wasm: 2 }, { memory: openTaskBackends(join(folder, 'absent'), systemClock) });
    await nowhere.build(task('one', 5, 16));
    expect(nowhere.built).toEqual(['wasm']);
  });

  it('does not take a forced backend for the fastest', async () => {
    const forced = await readOrMeasureBackend(folder, 'cpu', systemClock);
    expect(forced.backend).toBe('cpu');
    expect(await readdir(folder)).toEqual(['backend-cpu.json']);
    expect(await readOrMeasureBackend(folder, 'cpu', systemClock)).toEqual(forced);
    const free = await readOrMeasureBackend(folder, undefined, systemClock);
    expect(free.tried.map(({ backend }) => backend)).toEqual(['native', 'wasm']);
    expect(await readOrMeasureBackend(folder, undefined, systemClock)).toEqual(free);
  });

  it('is written whole by each of many at once', async () => {
    const memory = openTaskBackends(folder, systemClock);
    await Promise.all(Array.from({ length: 20 }, (_, i) => memory.save(`task ${i}`, 'wasm')));
    expect(await readdir(folder)).toEqual(['task-backends.json']);
    expect(Object.values(JSON.parse(await readFile(join(folder, 'task-backends.json'), 'utf8')) as object)).toContain('wasm');
  });

  it('is measured anew by one for all where it no longer holds', async () => {
    await writeFile(join(folder, 'backend-cpu.json'), JSON.stringify(deviceWith('wasm')));
    const choices = await Promise.all(Array.from({ length: 3 }, () => readOrMeasureBackend(folder, 'cpu', systemClock)));
    // Rates of two measurements are never the same.
    expect(choices).toEqual(Array(3).fill(choices[0]));
    expect(JSON.parse(await readFile(join(folder, 'backend-cpu.json'), 'utf8'))).toEqual(choices[0]);
    expect(await readdir(folder)).toEqual(['backend-cpu.json']);
  });
});

describe('a turn to measure', () => {
  let folder = '';
  let lock = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'murmuration-turn-'));
    lock = join(folder, 'measuring.lock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('need not be waited for', async () => {
    const stopper = new AbortController();
    const reason = new MurmurError('aborted', 'the agent was stopped');
    let ran = false;
    await inTurn(lock, systemClock, async () => {
      const waiting = inTurn(lock, systemClock, () => Promise.resolve((ran = true)), stopper.signal);
      stopper.abort(reason);
      await expect(waiting).rejects.toBe(reason);
    });
    expect(ran).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });

  it('that was taken over stays with the one who has it now', async () => {
    /** A turn that has begun, and lasts until it is ended. */
    const hold = (): Promise<() => Promise<void>> => new Promise((begun) => {
      let letGo = (): void => undefined;
      const over = new Promise<void>((resolve) => (letGo = resolve));
      const turn = inTurn(lock, systemClock, () => {
        begun(() => {
          letGo();
          return turn;
        });
        return over;
      });
    });
    const endFirst = await hold();
    // As if it had begun in 1970.
    await utimes(lock, 0, 0);
    const endSecond = await hold();
    await endFirst();
    expect(await readdir(folder)).toEqual(['measuring.lock']);
    await endSecond();
    expect(await readdir(folder)).toEqual([]);
  });
});
