/** What README.md and docs/tasks.md show is run, not believed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvDataset } from '../../client/datasets/csv-dataset.ts';
import { buildBrowser } from '../../scripts/build-browser.mjs';
import { checkModel } from '../../shared/model/check-model.ts';
import { inputShapeOf } from '../../shared/task/data-contract.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { trainsModel } from '../../shared/task/task-spec.ts';
import { platformInPlace } from '../helpers/bundle-script.ts';
import { chromiumIsMissing, collectPageErrors, launchChromium } from '../helpers/chromium.ts';
import { startScript, type MurmurProcess } from '../helpers/murmur-process.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Fenced blocks by what stands behind the backticks. */
function blocksOf(text: string): { readonly info: string; readonly code: string }[] {
  return [...text.matchAll(/^```(.*)\n([^]*?)^```$/gm)].map(([, info, code]) => ({ info, code }));
}
const README = blocksOf(read('README.md'));
function example(info: string): string {
  const found = README.filter((block) => block.info === info);
  expect(found).toHaveLength(1);
  return found[0].code;
}

/** Twenty points above the diagonal and twenty below: a line tells them apart. */
const QUADRANTS = `x,y,side\n${Array.from({ length: 40 }, (_, i) => {
  const x = Math.cos(i * 2.4);
  const offset = 0.3 + (i % 5) / 5;
  return i % 2 === 0 ? `${x},${x + offset},above` : `${x},${x - offset},below`;
}).join('\n')}\n`;

/** A script as its reader would run it, with its lines of output. */
interface Script {
  readonly child: ChildProcess;
  /** So many lines that match, from the first on. */
  lines(count: number, pattern: RegExp): Promise<RegExpExecArray[]>;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

function runScript(path: string, ...args: string[]): Script {
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const looks = new Set<() => void>();
  let stderr = '';
  let over = false;
  const look = (): void => looks.forEach((each) => each());
  child.stderr.on('data', (bytes: Buffer) => void (stderr += bytes.toString('utf8')));
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    look();
  });
  const ended = once(child, 'close').then(([code]) => {
    over = true;
    look();
    return { code: code as number | null, stderr };
  });
  return {
    child,
    ended,
    lines: (count, pattern) => new Promise((found, lost) => {
      const each = (): void => {
        const hits = lines.map((line) => pattern.exec(line)).filter((match) => match !== null);
        if (hits.length >= count) found(hits);
        else if (over) lost(new Error(`${path} ended with ${hits.length} of ${count} lines like ${pattern}:\n${lines.join('\n')}\n${stderr}`));
        else return;
        looks.delete(each);
      };
      looks.add(each);
      each();
    }),
  };
}

describe('the library examples of the README', () => {
  let folder = '';
  let bundles = '';
  const scripts: Script[] = [];
  const start = (name: string, ...args: string[]): Script => {
    const script = runScript(join(bundles, `${name}.js`), ...args);
    scripts.push(script);
    return script;
  };

  beforeAll(async () => {
    if (!existsSync(join(ROOT, 'dist/browser/murmuration-client.js'))) await buildBrowser();
    folder = await mkdtemp(join(tmpdir(), 'murmuration-readme-'));
    // Below the package, so that `murmuration/…` is the package itself and its dependencies are found.
    bundles = join(ROOT, `.cache/readme-${process.pid}`);
    await mkdir(bundles, { recursive: true });
    for (const name of ['server', 'agent', 'browser']) await writeFile(join(bundles, `${name}.ts`), example(`ts ${name}`));
    const { dependencies, optionalDependencies } = JSON.parse(read('package.json')) as Record<'dependencies' | 'optionalDependencies', Record<string, string>>;
    await build({
      // The worker lies beside the server's bundle, as it does beside the built server.
      entryPoints: { server: join(bundles, 'server.ts'), agent: join(bundles, 'agent.ts'), 'evaluation-worker': join(ROOT, 'server/evaluation/evaluation-worker.ts') },
      outdir: bundles, bundle: true, platform: 'node', format: 'esm', target: 'node20', conditions: ['source'], logLevel: 'silent',
      external: Object.keys({ ...dependencies, ...optionalDependencies }), plugins: [platformInPlace],
    });
    await writeFile(join(folder, 'points.csv'), QUADRANTS);
  }, 120_000);
  afterAll(async () => {
    for (const { child } of scripts) child.kill('SIGKILL');
    await Promise.all(scripts.map(({ ended }) => ended));
    await rm(bundles, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['server', 'agent', 'browser'])('are short: %s', (name) => {
    expect(example(`ts ${name}`).trimEnd().split('\n').length).toBeLessThanOrEqual(24);
  });

  it('run a coordinator and an agent that learns with it for three rounds', async () => {
    const server = start('server', join(folder, 'data'));
    const [[, url]] = await server.lines(1, /^listening on (http:\S+)$/);
    const agent = start('agent', url, join(folder, 'points.csv'), join(folder, 'agent'));
    const reported = await agent.lines(3, /^round (\d): accepted, local loss (\d\.\d{3})$/);
    expect(reported.map(([, round]) => round)).toEqual(['1', '2', '3']);
    const committed = await server.lines(3, /^quadrants, round (\d): training loss (\d\.\d{3})$/);
    // One edge: the mean over all of them is its own loss.
    expect(committed.map(([, round, loss]) => [round, loss])).toEqual(reported.map(([, round, loss]) => [round, loss]));
    expect(Number(committed[2][2])).toBeLessThan(Number(committed[0][2]));
    for (const script of [agent, server]) {
      script.child.kill('SIGINT');
      expect(await script.ended).toEqual({ code: 0, stderr: '' });
    }
  }, 120_000);

  it.skipIf(chromiumIsMissing())('let a page of one’s own take part', async () => {
    const { outputFiles } = await build({
      stdin: { contents: "import { join } from './browser.ts'; window.join = join;", resolveDir: bundles, loader: 'ts' },
      outdir: bundles, write: false, bundle: true, platform: 'browser', format: 'esm', target: 'es2022', conditions: ['source', 'browser', 'module'], mainFields: ['browser', 'module', 'main'], loader: { '.wasm': 'binary' }, logLevel: 'silent',
    });
    const server = start('server', join(folder, 'browser-data'));
    const [[, url]] = await server.lines(1, /^listening on (http:\S+)$/);
    const browser = await launchChromium({ args: ['--disable-features=LocalNetworkAccessChecks'] });
    try {
      const page = await browser.newPage();
      const errors = collectPageErrors(page);
      // A page behind the coordinator's own address, as a proxy in front of both would serve it.
      await page.route(`${url}/mine`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><link rel="icon" href="data:,"><input type="file"><script type="module" src="/mine.js"></script>' }));
      await page.route(`${url}/mine.js`, (route) => route.fulfill({ contentType: 'text/javascript', body: outputFiles[0].text }));
      await page.goto(`${url}/mine`);
      await page.waitForFunction(() => 'join' in window);
      await page.locator('input').setInputFiles({ name: 'points.csv', mimeType: 'text/csv', buffer: Buffer.from(QUADRANTS) });
      await page.evaluate(async (address) => {
        const { join } = window as unknown as { join: (url: string, input: Element | null) => Promise<object> };
        Object.assign(window, { session: await join(address, document.querySelector('input')) });
      }, url);
      const committed = await server.lines(3, /^quadrants, round (\d): training loss (\d\.\d{3})$/);
      expect(committed.map(([, round]) => round)).toEqual(['1', '2', '3']);
      const { edges } = (await (await fetch(`${url}/api/edges`)).json()) as { edges: { id: string; name: string }[] };
      expect(edges).toMatchObject([{ name: 'my page' }]);
      expect(await page.evaluate(async () => {
        const { session } = window as unknown as { session: { readonly edge: string; stop(): Promise<void> } };
        const { edge: own } = session;
        await session.stop();
        return own;
      })).toBe(edges[0].id);
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
    }
    server.child.kill('SIGINT');
    expect(await server.ended).toEqual({ code: 0, stderr: '' });
  }, 120_000);
});

describe('the command lines of the README', () => {
  let folder = '';
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('simulate: each that is named stands in the list', async () => {
    const listed = (await import('../../simulations/scenario/find-scenario.ts')).listScenarios().map(({ name }) => name);
    const named = README.flatMap(({ code }) => [...code.matchAll(/^npm run --silent murmur -- simulate ([a-z0-9-]+)/gm)].map(([, name]) => name)).filter((name) => !name.startsWith('--'));
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) expect(listed).toContain(name);
  });

  it('learn the irises of two gardens', async () => {
    folder = await mkdtemp(join(tmpdir(), 'murmuration-readme-'));
    await symlink(join(ROOT, 'docs'), join(folder, 'docs'));
    const lines = README.filter(({ info }) => info === 'sh').flatMap(({ code }) => [...code.matchAll(/^npm run --silent murmur -- ([^#\n]+)/gm)].map(([, rest]) => rest.trim().split(/\s+/))).filter(([command]) => command !== 'simulate');
    expect(lines.map(([first, second]) => (first === 'task' || first === 'models' ? `${first} ${second}` : first))).toEqual(['serve', 'task create', 'task start', 'agent', 'agent', 'task show', 'models export']);
    const [serve, create, begin, garden, meadow, show, exported] = lines;

    // The port alone is another: 8700 may be taken where this runs. The commands find the coordinator by its data folder, as they would.
    const server = startScript('run-murmur', [...serve, '--port', '0'], { cwd: folder });
    const agents: MurmurProcess[] = [];
    const run = (args: string[]): MurmurProcess['ended'] => startScript('run-murmur', args, { cwd: folder }).ended;
    try {
      await server.line(({ event }) => event === 'listening');
      expect(await run(create)).toMatchObject({ code: 0, last: { task: 'flowers', status: 'created' } });
      expect(await run(begin)).toMatchObject({ code: 0, last: { status: 'running' } });
      for (const agent of [garden, meadow]) agents.push(startScript('run-murmur', agent, { cwd: folder }));
      const checkedIn = await Promise.all(agents.map((agent) => agent.line(({ event, examples }) => event === 'checked-in' && Object.keys(examples as object).length > 0)));
      expect(checkedIn.map(({ examples }) => examples)).toEqual([{ flowers: 58 }, { flowers: 62 }]);
      let shown = await run(show);
      while ((shown.last.task as { status: string }).status !== 'finished') {
        expect(shown.code).toBe(0);
        shown = await run(show);
      }
      expect(shown.last).toMatchObject({ live: { version: 20 }, participations: [{ status: 'reported' }, { status: 'reported' }] });
      // On flowers that no garden holds; guessing gives a third.
      expect((shown.last.live as { accuracy: number }).accuracy).toBeGreaterThan(0.8);
      expect(await run(exported)).toMatchObject({ code: 0, last: { version: 20, format: 'tfjs' } });
      expect((await stat(join(folder, 'flowers-model/model.json'))).isFile()).toBe(true);
    } finally {
      await Promise.all([...agents, server].map((one) => one.interrupt()));
    }
  }, 180_000);
});

describe('the tasks of docs/tasks.md', () => {
  const blocks = blocksOf(read('docs/tasks.md'));
  const tasks = blocks.filter(({ info }) => info === 'json').map(({ code }) => ({ code, spec: parseTaskSpec(JSON.parse(code)) }));

  it('are one of each kind, the first as the file has it', () => {
    expect(tasks.map(({ spec }) => spec.data.kind)).toEqual(['table', 'table', 'image', 'text']);
    expect(JSON.parse(tasks[0].code)).toEqual(JSON.parse(read('docs/flowers/task.json')));
  });

  it.each(tasks.map(({ spec }) => [spec.name, spec] as const))('have a model that fits their data: %s', async (_, spec) => {
    if (!trainsModel(spec)) throw new Error('it has none');
    expect(await checkModel(spec)).toEqual([]);
  });

  it('have selection policies that a task can have', () => {
    const policies = blocks.filter(({ info }) => info === 'json selection');
    expect(policies).toHaveLength(1);
    for (const { code } of policies) expect(parseTaskSpec({ ...tasks[0].spec, selection: JSON.parse(code) as unknown }).selection.sampler.name).toBe('topK');
  });

  it('take the CSV that stands behind them', () => {
    const read = blocks.flatMap(({ info, code }, i) => {
      if (info !== 'csv') return [];
      const { data } = parseTaskSpec(JSON.parse(blocks.slice(0, i).findLast((block) => block.info === 'json')?.code ?? ''));
      const { train, validation } = csvDataset('example.csv', code, data);
      expect(train.inputShape).toEqual(inputShapeOf(data));
      return [train.size + (validation?.size ?? 0)];
    });
    expect(read).toEqual([2, 3, 2]);
  });

  it.each([['garden', 58], ['meadow', 62], ['held-out', 30]])('take the irises: %s', (name, size) => {
    expect(csvDataset(name, read(`docs/flowers/${name}.csv`), tasks[0].spec.data).train.size).toBe(size);
  });
});
