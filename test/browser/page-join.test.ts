/** The join page in a real browser with a real coordinator: it asks first, trains in a worker, and leaves when told to. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildBrowser } from '../../scripts/build-browser.mjs';
import { asTaskId } from '../../shared/ids.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { startServer, type RunningServer, type ServerOptions } from '../../server/start-server.ts';
import { packageRoot } from '../../server/gateway/assets.ts';
import { mnistContract, mnistSample } from '../../simulations/datasets/mnist.ts';
import { mlp2nn } from '../../simulations/models/mlp-2nn.ts';
import { chromiumIsMissing, collectPageErrors, launchChromium } from '../helpers/chromium.ts';
import { STRICT_POLICY } from '../helpers/fake-watch.ts';

const ROUND = { goal: 1, overSelection: 1, selectionSeconds: 0.1, comeBackSeconds: 1 };

const DIGITS: TaskSpecInput = {
  name: 'digits',
  description: 'Learns to read digits.',
  model: { topology: mlp2nn(), loss: 'categoricalCrossentropy' },
  data: mnistContract({ flat: true, validation: { fraction: 0.1, seed: 1 } }),
  algorithm: { name: 'fedavg', epochs: 1, batchSize: 20, learningRate: 0.1 },
  round: ROUND,
};

const HOUSES: TaskSpecInput = {
  name: 'houses',
  description: 'Learns what a house costs.',
  model: { topology: { class_name: 'Sequential', config: { name: 'line', layers: [{ class_name: 'Dense', config: { name: 'out', units: 1, activation: 'linear', batch_input_shape: [null, 2] } }] } }, loss: 'meanSquaredError' },
  data: { kind: 'table', features: [{ type: 'numeric', column: 'size' }, { type: 'numeric', column: 'rooms' }], label: { type: 'numeric', column: 'price' } },
  algorithm: { name: 'fedavg', epochs: 1, batchSize: 4, learningRate: 0.01 },
  round: ROUND,
};

describe.skipIf(chromiumIsMissing())('the join page', () => {
  let browser: Browser;
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    // Set-up has built the pages; where it has not run, they are built here.
    if (!existsSync(join(packageRoot(), 'dist/browser/join-worker.js'))) await buildBrowser();
    // Answers that a test passes on count as coming from elsewhere, and may then not call 127.0.0.1.
    browser = await launchChromium({ args: ['--disable-features=LocalNetworkAccessChecks'] });
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function serve(spec: TaskSpecInput, options: Partial<ServerOptions> = {}): Promise<RunningServer> {
    const data = await mkdtemp(join(tmpdir(), 'murmur-join-'));
    ends.push(() => rm(data, { recursive: true, force: true }));
    const server = await startServer({ port: 0, data, enrolment: { open: true }, seed: 1, ...options });
    ends.push(() => server.stop());
    await server.createTask(spec);
    await server.startTask(spec.name);
    return server;
  }

  async function open(url: string): Promise<{ page: Page; errors: string[]; requests: Request[] }> {
    const context: BrowserContext = await browser.newContext();
    context.setDefaultTimeout(50_000);
    ends.push(async () => {
      await context.unrouteAll({ behavior: 'ignoreErrors' });
      await context.close();
    });
    // As a careful operator would serve it: whatever the page or its worker does beyond this policy is an error.
    await context.route(/\/(join|assets\/)/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': STRICT_POLICY } });
    });
    const page = await context.newPage();
    const requests: Request[] = [];
    page.on('request', (request) => requests.push(request));
    const errors = collectPageErrors(page);
    await page.goto(url);
    await page.getByTestId('offer-tasks').locator('li').first().waitFor();
    return { page, errors, requests };
  }

  const edgesOf = async (server: RunningServer): Promise<{ id: string; name: string }[]> => {
    const answer = await fetch(`${server.url}/api/edges`);
    return ((await answer.json()) as { edges: { id: string; name: string }[] }).edges;
  };

  const accepted = (page: Page, atLeast: number): Promise<unknown> =>
    page.waitForFunction((count) => Number(document.querySelector('[data-testid=accepted]')?.textContent) >= count, atLeast);

  it('says of statistics that statistics are sent, and of both tasks what both send', async () => {
    const people: TaskSpecInput = {
      name: 'people', data: { kind: 'columns', columns: [{ type: 'numeric', column: 'size' }] },
      algorithm: { name: 'statistics', k: 1, columns: [{ column: 'size', moments: true, range: true }] }, round: ROUND,
    };
    const server = await serve(people);
    const { page, errors } = await open(`${server.url}/join?backend=wasm`);
    const consent = page.getByTestId('consent');
    expect(await page.getByTestId('sent-statistics').innerText()).toMatch(/^Statistics: sums over your examples.*, about \d+ B each$/);
    expect(await consent.innerText()).toMatch(/This browser would compute statistics of examples that stay here[^]*size \(counts, moments, range\)[^]*each of a single row/);
    expect(await consent.innerText()).not.toMatch(/train|weight update/i);
    await server.createTask(HOUSES);
    await server.startTask('houses');
    await page.getByTestId('task-houses').waitFor();
    expect(await consent.innerText()).toMatch(/would train a model[^]*would compute statistics[^]*Weight updates[^]*Statistics: sums/);
    // What is not chosen is not told of.
    await page.getByTestId('task-people').uncheck();
    expect(await page.getByTestId('sent-statistics').isVisible()).toBe(false);
    expect(await consent.innerText()).toMatch(/Weight updates: .*\bB each/);
    // Browsers themselves tell of the sample that is not there; the page minds nothing.
    expect(errors.filter((error) => !error.includes('404'))).toEqual([]);
  }, 90_000);

  it('measures the columns of a CSV, empty fields among them, and trains nothing', async () => {
    const server = await serve({
      name: 'people', data: { kind: 'columns', columns: [{ type: 'numeric', column: 'size' }, { type: 'categorical', column: 'town', values: ['Rome', 'Oslo'] }] },
      algorithm: { name: 'statistics', k: 1, columns: [{ column: 'size', moments: true }, { column: 'town', values: true }] }, round: ROUND, stop: { rounds: 1 },
    });
    const finished = new Promise<void>((resolve) => server.coordinator.listen({ tasksChanged: () => void server.coordinator.getTask(asTaskId('people')).then(({ status }) => status === 'finished' && resolve()) }));
    const { page } = await open(`${server.url}/join?backend=cpu`);
    await page.getByTestId('file-input').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from('size,town\n1,Rome\n,Oslo\n5,Rome\nabc,Rome\n') });
    await page.getByTestId('agree').click();
    await page.locator('#form-error', { hasText: 'people.csv, line 5, column "size": found "abc"' }).waitFor();
    await page.getByTestId('file-input').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from('size,town\n1,Rome\n,Oslo\n5,Rome\n') });
    await page.getByTestId('agree').click();
    await accepted(page, 1);
    expect(await page.getByTestId('examples').innerText()).toMatch(/^3 for people, from people\.csv/);
    expect(await page.getByTestId('loss-curve').isVisible()).toBe(false);
    await finished;
    const { result } = (await (await fetch(`${server.url}/api/tasks/people/versions/1/result`)).json()) as { result: { rows: number; columns: unknown[] } };
    expect(result).toMatchObject({ rows: 3, columns: [{ column: 'size', count: 2, missing: 1, measures: { moments: { mean: 3, variance: 4 } } }, { column: 'town', measures: { values: { values: [{ value: 'Rome', count: 2 }, { value: 'Oslo', count: 1 }] } } }] });
  }, 90_000);

  it('asks first, then takes part on the demonstration sample, and leaves', async () => {
    const sample = await mnistSample({ examples: 200, seed: 5 });
    const server = await serve(DIGITS, {
      files: {
        '/demo/data.json': { type: 'application/json', body: JSON.stringify({ images: '/demo/images', labels: '/demo/labels', description: '200 digits for trying.' }) },
        '/demo/images': { type: 'application/octet-stream', body: sample.images },
        '/demo/labels': { type: 'application/octet-stream', body: sample.labels },
      },
    });
    const { page, errors } = await open(`${server.url}/join?backend=wasm&name=my%20tab`);
    expect(await page.getByTestId('offer-tasks').innerText()).toMatch(/digits\s*Learns to read digits\.\s*Trains by fedavg on images \(28 × 28, grey\).*The model has 79\d\.\d kB/s);
    expect(await page.locator('#demo-description').innerText()).toBe('200 digits for trying.');
    expect(await page.getByTestId('running').isVisible()).toBe(false);
    expect(await page.getByTestId('token').isVisible()).toBe(false);
    expect(page.workers()).toHaveLength(0);
    expect(await edgesOf(server)).toEqual([]);

    await page.getByTestId('agree').click();
    await accepted(page, 2);
    expect(await page.getByTestId('backend').innerText()).toBe('wasm');
    expect(await page.getByTestId('loss-curve').locator('canvas').isVisible()).toBe(true);
    expect(await page.getByTestId('examples').innerText()).toMatch(/^180 for digits, from /);
    const edge = await page.getByTestId('edge-id').innerText();
    expect(await edgesOf(server)).toMatchObject([{ id: edge, name: 'my tab' }]);
    // What this edge can use itself, here the version that it worked on last, as a file.
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByTestId('export').click()]);
    expect(file.suggestedFilename()).toMatch(/^digits-own-v\d+\.safetensors$/);
    const { parameters, metadata } = decodeCheckpoint(new Uint8Array(await readFile(await file.path())));
    expect(parameters.layout.size).toBe(199_210);
    expect(metadata).toMatchObject({ task: 'digits', personal: 'false' });
    const round = (await (await fetch(`${server.url}/api/tasks/digits/rounds/1`)).json()) as unknown;
    expect(round).toMatchObject({ round: { outcome: 'committed', reported: 1 }, participations: [{ edge, status: 'reported' }] });

    const gone = new Promise<void>((resolve) => {
      const stopListening = server.onLive((state) => {
        if (!state.edges.every(({ connected }) => !connected)) return;
        stopListening();
        resolve();
      });
    });
    await page.getByTestId('leave').click();
    await page.getByTestId('again').waitFor();
    expect(await page.getByTestId('status').innerText()).toBe('You have left');
    expect(page.workers()).toHaveLength(0);
    await gone;
    expect(errors).toEqual([]);
  });

  it('is the same edge when it comes back, and another one in a second tab', async () => {
    const server = await serve(HOUSES);
    const { page } = await open(`${server.url}/join?backend=cpu`);
    const csv = { name: 'houses.csv', mimeType: 'text/csv', buffer: Buffer.from('size,rooms,price\n1,2,3\n2,1,4\n3,3,6\n') };
    const agree = async (on: Page): Promise<string> => {
      await on.getByTestId('offer-tasks').locator('li').first().waitFor();
      await on.getByTestId('file-input').setInputFiles(csv);
      await on.getByTestId('agree').click();
      await on.getByTestId('edge-id').filter({ hasText: /^e/ }).waitFor();
      return on.getByTestId('edge-id').innerText();
    };
    const first = await agree(page);
    const second = await page.context().newPage();
    await second.goto(`${server.url}/join?backend=cpu`);
    expect(await agree(second)).not.toBe(first);
    await page.getByTestId('leave').click();
    await page.getByTestId('again').waitFor();
    await page.reload();
    expect(await agree(page)).toBe(first);
  });

  it('trains on a CSV that never leaves the tab', async () => {
    const server = await serve(HOUSES);
    const { page, errors, requests } = await open(`${server.url}/join?backend=cpu`);
    expect(await page.getByTestId('agree').isEnabled()).toBe(false);
    const frames: string[] = [];
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => frames.push(payload.toString('latin1'))));
    await page.getByTestId('file-input').setInputFiles({ name: 'houses.csv', mimeType: 'text/csv', buffer: Buffer.from('size,rooms,price\n1.234567,2,3\n2,1,4\n3,3,6\n') });
    await page.getByTestId('agree').click();
    await accepted(page, 1);
    expect(await page.getByTestId('examples').innerText()).toMatch(/^3 for houses, from .*houses\.csv/);
    expect(requests.map((request) => request.method()).filter((method) => method !== 'GET')).toEqual([]);
    expect(frames.filter((frame) => frame.includes('1.234567'))).toEqual([]);
    // A demonstration sample is not offered here, which the browser logs as a missing file.
    expect(errors.filter((error) => !error.includes('404'))).toEqual([]);
  });

  it('goes back to the form with file, line and column of a wrong CSV, and enrols nobody', async () => {
    const server = await serve(HOUSES);
    const { page } = await open(`${server.url}/join`);
    await page.getByTestId('file-input').setInputFiles({ name: 'houses.csv', mimeType: 'text/csv', buffer: Buffer.from('size,rooms,price\n1,2,3\n2,many,4\n') });
    expect(await page.getByTestId('picked').innerText()).toBe('houses.csv (32 B)');
    await page.getByTestId('agree').click();
    await page.getByTestId('form-error').waitFor();
    const error = await page.getByTestId('form-error').innerText();
    expect(error).toContain('houses.csv');
    expect(error).toMatch(/line 3/);
    expect(error).toContain('rooms');
    expect(error).toContain('(bad_dataset)');
    expect(await page.getByTestId('agree').isEnabled()).toBe(true);
    expect(await edgesOf(server)).toEqual([]);
  });

  it('asks for a token only where one is wanted, says when it is wrong, and takes one from the address', async () => {
    const server = await serve(HOUSES, { enrolment: { token: 'sesame-sesame-sesame' } });
    const csv = { name: 'houses.csv', mimeType: 'text/csv', buffer: Buffer.from('size,rooms,price\n1,2,3\n') };
    const { page } = await open(`${server.url}/join?backend=cpu`);
    await page.getByTestId('token').fill('wrong');
    await page.getByTestId('file-input').setInputFiles(csv);
    await page.getByTestId('agree').click();
    await page.getByTestId('form-error').waitFor();
    expect(await page.getByTestId('form-error').innerText()).toContain('(bad_token)');
    expect(await edgesOf(server)).toEqual([]);

    const { page: other } = await open(`${server.url}/join?backend=cpu#token=sesame-sesame-sesame`);
    expect(new URL(other.url()).hash).toBe('');
    await other.getByTestId('file-input').setInputFiles(csv);
    await other.getByTestId('agree').click();
    await accepted(other, 1);
    expect(await edgesOf(server)).toHaveLength(1);
  });
});
