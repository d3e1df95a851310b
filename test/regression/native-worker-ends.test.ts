/**
 * A process that has had the native backend in a worker thread ended with a segmentation fault: Node had unloaded
 * TensorFlow with the thread, and then its exit handlers were called.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleScript, type BundledScript } from '../helpers/bundle-script.ts';
import { nodeBackends } from '../helpers/node-backends.ts';

const native = (await nodeBackends()).includes('native');

describe.skipIf(!native)('a worker thread with the native backend', () => {
  let script: BundledScript;
  beforeAll(async () => {
    script = await bundleScript(new URL('../helpers/native-in-worker.ts', import.meta.url));
  });
  afterAll(() => script?.remove());

  it.each(['terminate', 'exit'])('may end by %s as soon as it is loaded', async (how) => {
    for (let attempt = 0; attempt < 3; attempt++) {
      const child = spawn(process.execPath, [script.path, how], { stdio: 'ignore' });
      expect(await once(child, 'exit')).toEqual([0, null]);
    }
  });
});
