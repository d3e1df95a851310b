/** The pages of results say what the kept results say: each script, run over copies, writes the page that is committed. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const DOCS = join(ROOT, 'docs');
const scripts = (await readdir(join(ROOT, 'scripts'))).filter((name) => /^results-.*\.mjs$/.test(name));
let copy: string;

const node = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => promisify(execFile)(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env } });

beforeAll(async () => {
  await node([join(ROOT, 'scripts/setup.mjs')]);
  copy = await mkdtemp(join(tmpdir(), 'murmuration-results-'));
  for (const name of await readdir(DOCS)) if (name === 'results' || name.startsWith('results-')) await cp(join(DOCS, name), join(copy, 'docs', name), { recursive: true });
}, 600_000);
afterAll(() => rm(copy, { recursive: true, force: true }));

describe('the pages of results', () => {
  it('have a script each', async () => {
    const pages = (await readdir(DOCS)).filter((name) => /^results-.*\.md$/.test(name));
    expect(pages.map((name) => name.replace('.md', '')).sort()).toEqual(scripts.map((name) => name.replace('.mjs', '')).sort());
  });

  it.each(scripts)('%s writes the page that is there', async (script) => {
    const page = script.replace('.mjs', '.md');
    const committed = await readFile(join(DOCS, page), 'utf8');
    await node([join(ROOT, 'scripts', script)], { MURMUR_RESULTS: copy });
    expect(await readFile(join(copy, 'docs', page), 'utf8')).toBe(committed);
    expect(committed).toMatch(/<!-- table -->\n\|/);
  }, 60_000);

  it('show the pictures that are there', async () => {
    const drawn = await readdir(join(copy, 'docs/images'));
    expect(drawn.length).toBeGreaterThan(2);
    for (const name of drawn) expect(await readFile(join(copy, 'docs/images', name), 'utf8'), name).toBe(await readFile(join(DOCS, 'images', name), 'utf8'));
  });

  it('are found by a wrong figure', async () => {
    const page = join(copy, 'docs/results-fedavg.md');
    const before = await readFile(page, 'utf8');
    const lines = (await readFile(join(copy, 'docs/results/fedavg.jsonl'), 'utf8')).replace('"roundsToTarget":43.5', '"roundsToTarget":143.5');
    await writeFile(join(copy, 'docs/results/fedavg.jsonl'), lines);
    await node([join(ROOT, 'scripts/results-fedavg.mjs')], { MURMUR_RESULTS: copy });
    expect(await readFile(page, 'utf8')).not.toBe(before);
  }, 60_000);
});
