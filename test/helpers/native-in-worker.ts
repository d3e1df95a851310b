/** Loads the native backend in a worker thread that ends, or whose process ends, at the worst moments. */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { prepareBackend } from '../../shared/model/backends.ts';

async function end(how: string): Promise<void> {
  const worker = new Worker(new URL(import.meta.url));
  await new Promise((resolve) => worker.once('message', resolve));
  if (how === 'exit') process.exit(0);
  await worker.terminate();
}

async function compute(): Promise<void> {
  await prepareBackend('native');
  parentPort?.postMessage('ready');
  for (;;) {
    tf.tidy(() => tf.matMul(tf.ones([300, 300]), tf.ones([300, 300])).dataSync());
    await new Promise((resolve) => setImmediate(resolve));
  }
}

await (isMainThread ? end(process.argv[2]) : compute());
