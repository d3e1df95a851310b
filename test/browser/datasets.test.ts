import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tableDataset } from '../../client/datasets/table.ts';
import { writeIdx } from '../../client/datasets/idx.ts';
import { loadImageFolder } from '../../client/datasets/node/image-folder.ts';
import { Conditions } from '../../shared/task/conditions.ts';
import { DataContract, type ImageContract } from '../../shared/task/data-contract.ts';
import { chromiumIsMissing, collectPageErrors, launchChromium } from '../helpers/chromium.ts';
import { syntheticImages } from '../helpers/synthetic-images.ts';
import { syntheticTable, syntheticTableContract } from '../helpers/synthetic-table.ts';
import type { LoadAnswer } from './datasets/worker.ts';

// No eval and nothing inline: what the coordinator's pages may do, the readers must be content with.
const POLICY = "default-src 'self'";
const PAGE = '<!doctype html><title>files</title><script type="module" src="/page.js"></script><input type="file" multiple>';

function images(overrides: object = {}): ImageContract {
  const parsed = DataContract.parse({ kind: 'image', height: 2, width: 2, channels: 3, classes: ['cat', 'dog'], ...overrides });
  if (parsed.kind !== 'image') throw new Error('no image contract');
  return parsed;
}

describe.skipIf(chromiumIsMissing())("the owner's files in a browser", () => {
  let folder: string;
  let server: Server;
  let browser: Browser;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'murmuration-files-'));
    const here = import.meta.dirname;
    const bundle = await build({
      entryPoints: { page: join(here, 'datasets/page.ts'), worker: join(here, 'datasets/worker.ts') },
      bundle: true,
      format: 'esm',
      platform: 'browser',
      conditions: ['source'],
      write: false,
      outdir: '/',
    });
    const scripts = new Map(bundle.outputFiles.map(({ path, text }) => [path, text]));
    server = createServer((request, response) => {
      const script = scripts.get(request.url ?? '');
      response.setHeader('content-security-policy', POLICY);
      response.setHeader('content-type', `${script === undefined ? 'text/html' : 'text/javascript'}; charset=utf-8`);
      response.end(script ?? PAGE);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await launchChromium();
    page = await browser.newPage();
    errors = collectPageErrors(page);
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => typeof window.load === 'function');

    const pixel = (r: number, g: number, b: number) => sharp({ create: { width: 2, height: 2, channels: 3, background: { r, g, b } } });
    await mkdir(join(folder, 'pets/cat'), { recursive: true });
    await mkdir(join(folder, 'pets/Dog'));
    await writeFile(join(folder, 'pets/cat/1.png'), await pixel(255, 0, 0).png().toBuffer());
    await writeFile(join(folder, 'pets/Dog/2.webp'), await pixel(0, 0, 255).webp({ lossless: true }).toBuffer());
    const mixed = Uint8Array.of(0, 255, 0, 255, 10, 20, 30, 255, 255, 255, 255, 0, 250, 250, 250, 255);
    await writeFile(join(folder, 'pets/Dog/3.png'), await sharp(mixed, { raw: { width: 2, height: 2, channels: 4 } }).png().toBuffer());
  });

  afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
    await rm(folder, { recursive: true, force: true });
  });

  /** Puts files into the page's input and loads them in its worker. */
  async function pick(files: readonly { readonly name: string; readonly bytes: Uint8Array }[], contract: DataContract, chosenClass?: string): Promise<LoadAnswer> {
    await page.setInputFiles('input', files.map(({ name, bytes }) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) })));
    return page.evaluate(({ contract, chosenClass }) => window.load(window.picked(), contract, chosenClass), { contract, chosenClass });
  }

  it('a CSV gives the same numbers as in Node', async () => {
    const text = `\uFEFF${syntheticTable({ rows: 30, seed: 9 })}`.replaceAll('\n', '\r\n');
    const { train } = tableDataset('risk.csv', text, syntheticTableContract);
    expect(await pick([{ name: 'risk.csv', bytes: new TextEncoder().encode(text) }], syntheticTableContract)).toEqual({ ok: true, name: 'csv:risk.csv', inputs: [...train.inputs], labels: [...train.labels], inputShape: [4] });
  });

  it('a wrong CSV names file, line and column', async () => {
    const answer = await pick([{ name: 'risk.csv', bytes: new TextEncoder().encode('age,region,risk\n1,"north",low\n1,"n\n",low\n') }], syntheticTableContract);
    expect(answer).toMatchObject({ ok: false, error: { code: 'bad_dataset', message: 'risk.csv, line 3, column "region": found "n\\n", expected one of "north", "south", "east"' } });
  });

  it('an IDX pair is read in either order, gzipped or not', async () => {
    const examples = syntheticImages({ examples: 4, classes: 2, height: 2, width: 2, seed: 2 });
    const files = [
      { name: 'labels', bytes: writeIdx([4], Uint8Array.from(examples.labels)) },
      { name: 'images.gz', bytes: new Uint8Array(gzipSync(writeIdx([4, 2, 2], Uint8Array.from(examples.inputs)))) },
    ];
    expect(await pick(files, images({ channels: 1, flat: true }))).toEqual({ ok: true, name: 'idx:images.gz,labels', inputs: [...examples.inputs], labels: [0, 1, 0, 1], inputShape: [4] });
  });

  it.each([1, 3] as const)('a dropped folder of images gives the same bytes as in Node, %i channel(s)', async (channels) => {
    const contract = images({ channels });
    const inNode = (await loadImageFolder(join(folder, 'pets'), contract)).train;
    const client = await page.context().newCDPSession(page);
    const loaded = page.evaluate((contract) => window.nextDrop().then((files) => window.load(files, contract)), contract);
    const data = { items: [], files: [join(folder, 'pets')], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await client.send('Input.dispatchDragEvent', { type, x: 50, y: 50, data });
    expect(await loaded).toEqual({ ok: true, name: 'pets (3 files)', inputs: [...inNode.inputs], labels: [...inNode.labels], inputShape: [2, 2, channels] });
    await client.detach();
  });

  it('images without a folder take the class that the owner chose', async () => {
    const png = new Uint8Array(await sharp({ create: { width: 9, height: 5, channels: 3, background: '#102030' } }).png().toBuffer());
    const files = [{ name: 'b.png', bytes: png }, { name: 'a.png', bytes: png }];
    expect(await pick(files, images(), 'dog')).toMatchObject({ ok: true, labels: [1, 1], inputs: new Array(8).fill([0x10, 0x20, 0x30]).flat() });
    expect(await pick(files, images(), 'cow')).toMatchObject({ ok: false, error: { message: '"cow" is no class of the task; its classes are "cat", "dog"' } });
    expect(await pick(files, images())).toMatchObject({ ok: false, error: { details: { count: 2, problems: [{ file: 'a.png', found: 'an image in no folder' }, { file: 'b.png' }] } } });
  });

  it('what cannot be read is named', async () => {
    const broken = [{ name: 'x.png', bytes: Uint8Array.of(1, 2, 3) }];
    expect(await pick(broken, images(), 'cat')).toMatchObject({ ok: false, error: { code: 'bad_dataset', details: { problems: [{ file: 'x.png', expected: 'a PNG, JPEG or WebP image' }] } } });
    expect(await pick(broken, syntheticTableContract)).toMatchObject({ ok: false, error: { message: expect.stringMatching(/^x\.png, line 1, column "age"/) as string } });
    expect(await pick([{ name: 'a.txt', bytes: Uint8Array.of(65) }], images())).toMatchObject({ ok: false, error: { message: expect.stringMatching(/^a\.txt: the task wants images; give PNG/) as string } });
    expect(await pick([...broken, ...broken], syntheticTableContract)).toMatchObject({ ok: false, error: { message: '2 files were given (x.png, x.png), the task wants one CSV' } });
  });

  it("the page's conditions are true ones", async () => {
    const conditions = await page.evaluate(() => window.conditions());
    expect(Conditions.parse(conditions)).toEqual(conditions);
    expect(conditions.visibility).toBe('visible');
    expect(conditions.load).toBe('unknown');
    const told = await page.evaluate(async () => {
      const { getBattery } = navigator as Navigator & { getBattery?: () => Promise<{ level: number; charging: boolean }> };
      const battery = await getBattery?.call(navigator);
      return battery ? { battery: battery.level, charging: battery.charging } : { battery: 'unknown', charging: 'unknown' };
    });
    expect(conditions).toMatchObject(told);
    expect(errors).toEqual([]);
  });
});
