/** Statistics of the real MNIST over real sockets: agents that hold unequal parts of it come to the numbers that all of it has. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startAgent, type RunningAgent } from '../../client/node/agent.ts';
import type { PcaResult, RidgeResult, StatisticsResult, TaskResult } from '../../shared/algorithms/statistics/result.ts';
import type { Examples } from '../../shared/model/examples.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { mnistContract, mnistExamples } from '../../simulations/datasets/mnist.ts';
import { mnistPartSource, type MnistPart } from '../../simulations/datasets/mnist-source.ts';
import { startLiveServer, type LiveServer } from '../helpers/live-server.ts';

/** Three of thirty parts: some six thousand images. */
const partsOf = (alpha: number | null) => [1, 2, 3].map((part) => ({ part, parts: 30, alpha, seed: 3 }));
const UNEQUAL = partsOf(0.5);
const EVEN = partsOf(null);
const contract = mnistContract({ flat: true });

let live: LiveServer | null = null;
let agents: RunningAgent[] = [];
afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  agents = [];
  await live?.stop();
  live = null;
});

async function resultOf(parts: readonly MnistPart[], algorithm: TaskSpecInput['algorithm'], rounds: number): Promise<TaskResult> {
  live = await startLiveServer();
  await live.runTask({ name: 'digits', data: contract, algorithm, round: { goal: 3, minimum: 3, overSelection: 1, selectionSeconds: 1, comeBackSeconds: 1 }, stop: { rounds } });
  for (const part of parts) {
    agents.push(await startAgent({ url: live.server.url, dataset: () => mnistPartSource(part), stateFolder: join(live.folder, `agent-${part.part}`), enrolmentToken: live.server.enrolmentToken, name: `part ${part.part}`, backend: 'cpu' }));
  }
  await live.untilRounds(rounds);
  return ((await live.api('/api/tasks/digits/versions/latest/result')).body as { result: TaskResult }).result;
}

async function pooled(all: readonly MnistPart[]): Promise<readonly Examples[]> {
  return Promise.all(all.map(async (part) => (await mnistPartSource(part).load(contract)).train));
}

describe('MNIST without training', () => {
  it('has the pixels and the labels that its parts hold together', async () => {
    const result = (await resultOf(UNEQUAL, { name: 'statistics', k: 3, columns: [{ column: 'pixels', moments: true, range: true, histogram: { from: 0, to: 1, bins: 4 }, quantiles: { at: [0.5, 0.9], least: 0.001, most: 1 } }, { column: 'label', values: true, distinct: {} }] }, 1)) as StatisticsResult;
    const parts = await pooled(UNEQUAL);
    const labels = new Array<number>(10).fill(0);
    let [count, sum, squares] = [0, 0, 0];
    const bytes = new Float64Array(256);
    for (const { inputs, labels: own } of parts) {
      for (const label of own) labels[label]++;
      for (const byte of inputs) {
        count++;
        sum += byte / 255;
        squares += (byte / 255) ** 2;
        bytes[byte]++;
      }
    }
    const [pixels, label] = result.columns;
    expect(result.rows).toBe(count / 784);
    expect(pixels).toMatchObject({ edges: 3, count, missing: 0, measures: { range: { minimum: 0, maximum: 1 } } });
    expect(pixels.measures?.moments?.mean).toBeCloseTo(sum / count, 10);
    expect(pixels.measures?.moments?.deviation).toBeCloseTo(Math.sqrt(squares / count - (sum / count) ** 2), 10);
    // About the 0.1307 and 0.3081 of all sixty thousand.
    expect(pixels.measures?.moments?.mean).toBeCloseTo(0.13, 1);
    const below = (edge: number): number => bytes.reduce((total, times, byte) => total + (byte / 255 < edge ? times : 0), 0);
    expect(pixels.measures?.histogram?.counts).toEqual([below(0.25), below(0.5) - below(0.25), below(0.75) - below(0.5), count - below(0.75)]);
    const ninth = (() => {
      let seen = 0;
      return bytes.findIndex((times) => (seen += times) > Math.floor(0.9 * (count - 1))) / 255;
    })();
    expect(pixels.measures?.quantiles?.values[0]).toEqual({ at: 0.5, value: 0 });
    expect(Math.abs((pixels.measures?.quantiles?.values[1].value ?? NaN) / ninth - 1)).toBeLessThanOrEqual(0.0100001);
    expect(label.measures?.values).toEqual({ values: labels.map((own, digit) => ({ value: String(digit), count: own })), other: 0 });
    expect(Math.round(label.measures?.distinct?.estimate ?? NaN)).toBe(10);
  }, 120_000);

  it('is classified by ridge regression in one round', async () => {
    const result = (await resultOf(EVEN, { name: 'ridge', k: 3, penalty: 100 }, 1)) as RidgeResult;
    const { inputs, labels, size } = await mnistExamples('test', contract);
    let right = 0;
    for (let row = 0; row < size; row++) {
      let [best, most] = [-1, -Infinity];
      result.targets.forEach(({ weights, intercept }, digit) => {
        let score = intercept;
        for (let i = 0; i < 784; i++) score += (weights[i] * inputs[row * 784 + i]) / 255;
        if (score > most) [best, most] = [digit, score];
      });
      right += best === labels[row] ? 1 : 0;
    }
    // Of all sixty thousand it classifies some 85 %, of six thousand a little less; ten per cent is chance.
    expect(right / size).toBeGreaterThan(0.8);
  }, 240_000);

  it('has principal components that the covariance of all images turns into themselves', async () => {
    const result = (await resultOf(UNEQUAL, { name: 'pca', k: 3, components: 2, beside: 14 }, 7)) as PcaResult;
    const parts = await pooled(UNEQUAL);
    const rows = parts.reduce((sum, { size }) => sum + size, 0);
    for (const { vector, variance } of result.components) {
      const image = new Float64Array(784);
      for (const { inputs, size } of parts) {
        for (let row = 0; row < size; row++) {
          let along = 0;
          for (let i = 0; i < 784; i++) along += (inputs[row * 784 + i] / 255 - result.means[i]) * vector[i];
          for (let i = 0; i < 784; i++) image[i] += (along * (inputs[row * 784 + i] / 255 - result.means[i])) / rows;
        }
      }
      const length = Math.sqrt(image.reduce((sum, value) => sum + value * value, 0));
      const cosine = image.reduce((sum, value, i) => sum + value * vector[i], 0) / length;
      expect(cosine).toBeGreaterThan(0.999);
      expect(Math.abs(length / variance - 1)).toBeLessThan(1e-2);
    }
    // Known of MNIST: the first component has about a tenth of the variance.
    expect(result.components[0].share).toBeGreaterThan(0.07);
    expect(result.components[0].share).toBeLessThan(0.13);
  }, 240_000);
});
