/** Our side: the trainer of an edge, called as an edge calls it, in whole epochs. */
import * as tf from '@tensorflow/tfjs-core';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createLocalTrainer } from '../../../client/training/local-trainer.ts';
import { MurmurError } from '../../../shared/errors.ts';
import type { Trainer } from '../../../shared/model/trainer.ts';
import { serveOrders } from '../child-process.ts';
import { examplesOf, readExercise, type Exercise } from './exercise.ts';
import { distance, timed, type TrainOrders, type Turn } from './orders.ts';

let exercise: Exercise | null = null;
let trainer: Trainer | null = null;

function started(): { readonly exercise: Exercise; readonly trainer: Trainer } {
  if (exercise === null || trainer === null) throw new MurmurError('internal', 'the trainer was not started');
  return { exercise, trainer };
}

async function train({ epochs, seed }: Turn) {
  const { exercise: { facts, weights }, trainer } = started();
  trainer.load(weights);
  const stepsInEpoch = Math.ceil(facts.examples / facts.batchSize);
  const losses: number[] = [];
  const before = tf.memory().numTensors;
  const { result, ms, cpuMs } = await timed(() => trainer.train({
    epochs, seed, batchSize: facts.batchSize, learningRate: facts.learningRate,
    onProgress: ({ step, loss }) => {
      // An epoch's last step may be told twice: in between, and as its end.
      if (step % stepsInEpoch === 0) losses[step / stepsInEpoch - 1] = loss ?? NaN;
    },
  }));
  const tensorsLeft = tf.memory().numTensors - before;
  return { ms, cpuMs, steps: result.steps, losses, tensorsLeft, moved: distance(await trainer.read(), weights) };
}

function residentBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().rss;
}

async function endure({ steps }: { readonly steps: number }) {
  const { exercise: { facts } } = started();
  const stepsInEpoch = Math.ceil(facts.examples / facts.batchSize);
  let done = 0;
  const until = async (goal: number): Promise<number> => {
    // A few calls, as in a few rounds: memory that a call leaves behind would show, too.
    for (let seed = 1; done < goal; seed++) done += (await train({ epochs: Math.min(10, Math.ceil((goal - done) / stepsInEpoch)), seed })).steps;
    return residentBytes();
  };
  return { early: await until(steps / 10), late: await until(steps) };
}

serveOrders<TrainOrders>(
  {
    async start({ folder, backend }) {
      exercise = await readExercise(folder);
      trainer = await createLocalTrainer(exercise.facts.spec, { train: examplesOf(exercise), validation: null, source: 'the exercise' }, { backend });
      return null;
    },
    train,
    endure,
  },
  async () => trainer?.dispose(),
);
