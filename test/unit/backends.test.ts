import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { availableBackends, onBackend, prepareBackend, useBackend } from '../../shared/model/backends.ts';
import { chooseBackend, type BackendChoice, type BackendTry } from '../../client/training/choose-backend.ts';

describe('backends in Node', () => {
  it('are listed best first, each that does not start with its reason', async () => {
    const listed = await availableBackends();
    expect(listed.map(({ backend }) => backend)).toEqual(['native', 'wasm', 'cpu']);
    expect(listed[1].error).toBeNull();
    expect(listed[2].error).toBeNull();
    // tfjs-node is optional: where it is installed it starts, where it is not that is said.
    if (listed[0].error !== null) expect(listed[0].error).toContain('@tensorflow/tfjs-node');
  });

  it('leave no handlers on the process', async () => {
    const handlers = ['uncaughtException', 'unhandledRejection'] as const;
    const before = handlers.map((event) => process.listenerCount(event));
    await prepareBackend('wasm');
    await prepareBackend('cpu');
    expect(handlers.map((event) => process.listenerCount(event))).toEqual(before);
    const glue = handlers.flatMap((event) => process.listeners(event as 'uncaughtException')).map(String);
    expect(glue.filter((text) => text.includes('ExitStatus'))).toEqual([]);
  });

  it('can be started at the same time', async () => {
    await Promise.all([prepareBackend('wasm'), prepareBackend('cpu'), prepareBackend('wasm')]);
    useBackend('wasm');
    expect(tf.getBackend()).toBe('wasm');
    expect(onBackend('cpu', () => tf.getBackend())).toBe('cpu');
    expect(tf.getBackend()).toBe('wasm');
    expect(() => onBackend('cpu', () => { throw new Error('out'); })).toThrow('out');
    expect(tf.getBackend()).toBe('wasm');
    await prepareBackend('cpu', { makeCurrent: false });
    expect(tf.getBackend()).toBe('wasm');
  });

  it('refuses one that this platform does not have, saying which there are', async () => {
    await expect(prepareBackend('webgl')).rejects.toMatchObject({ code: 'backend_failed', message: expect.stringContaining('native, wasm, cpu') as string });
    await expect(chooseBackend({ force: 'webgl' })).rejects.toMatchObject({
      code: 'backend_failed',
      message: expect.stringMatching(/webgl was asked for .* here are: (native, )?wasm, cpu/) as string,
    });
    expect(() => useBackend('webgpu')).toThrow(expect.objectContaining({ code: 'backend_failed' }));
  });

  it('are chosen by measuring, and the choice can be kept and forced', async () => {
    const seen: BackendTry[] = [];
    const choice = await chooseBackend({ onProgress: (tried) => seen.push(tried) });
    expect(seen).toEqual(choice.tried);
    const measured = choice.tried.filter(({ stepsPerSecond }) => stepsPerSecond !== null);
    expect(choice.stepsPerSecond).toBe(Math.max(...measured.map(({ stepsPerSecond }) => stepsPerSecond ?? 0)));
    expect(choice.stepsPerSecond).toBeGreaterThan(0);
    // The last resort is not measured where something better starts.
    expect(choice.tried.map(({ backend }) => backend)).toEqual(['native', 'wasm']);
    expect(tf.getBackend()).toBe(choice.backend === 'native' ? 'tensorflow' : choice.backend);

    const again = await chooseBackend({ cached: choice, onProgress: () => expect.unreachable('nothing is measured again') });
    expect(again).toBe(choice);
    const forced = await chooseBackend({ force: 'cpu', cached: choice });
    expect(forced.backend).toBe('cpu');
    expect(forced.tried).toHaveLength(1);
    expect(tf.getBackend()).toBe('cpu');
    // What was kept on another device is measured anew.
    const moved = await chooseBackend({ cached: { backend: 'webgpu', stepsPerSecond: 1e6, tried: [] } });
    expect(moved.tried).toHaveLength(2);
  });

  it('takes the fastest, the better one at a tie, and one that fails not at all', async () => {
    const measured = (rates: Partial<Record<string, number>>) => ({
      measure: (_: unknown, backend: string): Promise<number> => (rates[backend] === undefined ? Promise.reject(new Error('broken')) : Promise.resolve(rates[backend])),
    });
    const native = (await availableBackends()).some(({ backend, error }) => backend === 'native' && error === null);
    expect(await chooseBackend(measured({ native: 10, wasm: 20 }))).toMatchObject({ backend: 'wasm', stepsPerSecond: 20 });
    expect((await chooseBackend(measured({ native: 20, wasm: 20 }))).backend).toBe(native ? 'native' : 'wasm');
    expect((await chooseBackend(measured({ native: 20, wasm: 10 }))).backend).toBe(native ? 'native' : 'wasm');
    expect(await chooseBackend(measured({ cpu: 1 }))).toMatchObject({ backend: 'cpu', tried: [{ backend: 'native', stepsPerSecond: null }, { backend: 'wasm', error: 'broken' }, { backend: 'cpu', error: null }] });
    await expect(chooseBackend(measured({}))).rejects.toMatchObject({ code: 'backend_failed', message: expect.stringContaining('wasm (broken)') as string });
  });

  it('are measured again once native was installed, unless another one is forced', async () => {
    const native = (await availableBackends()).some(({ backend, error }) => backend === 'native' && error === null);
    const wasm = { backend: 'wasm', stepsPerSecond: 100, error: null } as const;
    const before: BackendChoice = { backend: 'wasm', stepsPerSecond: 100, tried: [{ backend: 'native', stepsPerSecond: null, error: 'not installed' }, wasm] };
    const measure = (_: unknown, backend: string): Promise<number> => Promise.resolve(backend === 'native' ? 300 : 100);
    const now = await chooseBackend({ cached: before, measure });
    if (native) expect(now).toMatchObject({ backend: 'native', stepsPerSecond: 300 });
    else expect(now).toBe(before);
    expect(await chooseBackend({ cached: { ...before, tried: [wasm] }, force: 'wasm', measure })).toEqual({ ...before, tried: [wasm] });
  });

  it('leave no tensor behind after measuring', async () => {
    await prepareBackend('wasm');
    const before = tf.memory().numTensors;
    await chooseBackend({ force: 'wasm' });
    expect(tf.memory().numTensors).toBe(before);
  });
});
