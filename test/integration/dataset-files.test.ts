import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeIdx } from '../../client/datasets/idx.ts';
import { openDatasetSource } from '../../client/datasets/node/open-source.ts';
import { DataContract } from '../../shared/task/data-contract.ts';
import { syntheticTable, syntheticTableContract } from '../helpers/synthetic-table.ts';
import { syntheticImages } from '../helpers/synthetic-images.ts';
import { thrownBy } from '../helpers/thrown.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-datasets-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Colours of a 2 × 2 image, row by row. */
type Square = readonly [number[], number[], number[], number[]];
const square = (colours: Square) => sharp(Uint8Array.from(colours.flat()), { raw: { width: 2, height: 2, channels: colours[0].length === 4 ? 4 : 3 } });
const RED = [255, 0, 0];
const GREEN = [0, 255, 0];
const BLUE = [0, 0, 255];
const WHITE = [255, 255, 255];

async function imageFolder(name: string, files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const root = join(folder, name);
  await mkdir(root);
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), bytes);
  }
  return root;
}

const images = (overrides: object = {}) => DataContract.parse({ kind: 'image', height: 2, width: 2, channels: 3, classes: ['cat', 'Übel', 'dog'], ...overrides });

describe('csv:', () => {
  it('reads a file', async () => {
    const file = join(folder, 'risk.csv');
    await writeFile(file, syntheticTable({ rows: 20, seed: 1 }));
    const source = openDatasetSource(`csv:${file}`);
    expect(source.name).toBe(`csv:${file}`);
    expect((await source.load(syntheticTableContract)).train).toMatchObject({ size: 20, inputShape: [4] });
  });

  it.each([
    ['nowhere.csv', /nowhere\.csv: there is no such file or folder/],
    ['', /: it is a folder, a file is expected$/],
  ])('names what cannot be read: %j', async (name, message) => {
    const error = await thrownBy(() => openDatasetSource(`csv:${join(folder, name)}`).load(syntheticTableContract));
    expect(error.code).toBe('bad_dataset');
    expect(error.message).toMatch(message);
  });
});

describe('idx:', () => {
  it('reads a gzipped pair', async () => {
    const examples = syntheticImages({ examples: 6, classes: 3, seed: 1 });
    await writeFile(join(folder, 'i.gz'), gzipSync(writeIdx([6, 8, 8], Uint8Array.from(examples.inputs))));
    await writeFile(join(folder, 'l'), writeIdx([6], Uint8Array.from(examples.labels)));
    const { train } = await openDatasetSource(`idx:${folder}/i.gz,${folder}/l`).load(images({ height: 8, width: 8, channels: 1 }));
    expect(train).toEqual(examples);
  });

  it('needs two files, and a task of images', async () => {
    for (const files of ['a', 'a,', 'a,b,c']) expect((await thrownBy(() => openDatasetSource(`idx:${files}`))).code).toBe('bad_usage');
    expect((await thrownBy(() => openDatasetSource('idx:a,b').load(syntheticTableContract))).message).toBe('idx:a,b holds images, the task wants a table: give it a CSV (csv:FILE)');
  });
});

describe('images:', () => {
  it('reads a sub-folder a class, whatever the case and the Unicode form of its name', async () => {
    const root = await imageFolder('plain', {
      'Dog/2.png': await square([RED, GREEN, BLUE, WHITE]).png().toBuffer(),
      'Dog/10.webp': await square([WHITE, WHITE, RED, RED]).webp({ lossless: true }).toBuffer(),
      'u\u0308bel/a.png': await square([BLUE, BLUE, BLUE, BLUE]).png().toBuffer(),
      'Dog/notes.txt': Uint8Array.of(1),
      '.git/x.png': Uint8Array.of(1),
      'Dog/.hidden.png': Uint8Array.of(1),
    });
    const { train, source } = await openDatasetSource(`images:${root}`).load(images());
    expect([...train.labels]).toEqual([2, 2, 1]);
    expect([...train.inputs]).toEqual([...WHITE, ...WHITE, ...RED, ...RED, ...RED, ...GREEN, ...BLUE, ...WHITE, ...BLUE, ...BLUE, ...BLUE, ...BLUE]);
    expect([train.inputShape, train.scale, source]).toEqual([[2, 2, 3], 1 / 255, `images:${root}`]);
  });

  it('makes them grey by Rec. 601, lays transparent ones on black, and keeps grey ones as they are', async () => {
    const root = await imageFolder('grey', {
      'cat/1.png': await square([RED, GREEN, BLUE, WHITE]).png().toBuffer(),
      'cat/2.png': await square([[255, 255, 255, 0], [255, 255, 255, 255], [200, 200, 200, 255], [0, 0, 0, 0]]).png().toBuffer(),
      'cat/3.png': await sharp(Uint8Array.of(0, 7, 128, 255), { raw: { width: 2, height: 2, channels: 1 } }).toColourspace('b-w').png().toBuffer(),
    });
    const { train } = await openDatasetSource(`images:${root}`).load(images({ channels: 1 }));
    expect([...train.inputs]).toEqual([76, 150, 29, 255, 0, 255, 200, 0, 0, 7, 128, 255]);
    const coloured = await openDatasetSource(`images:${root}`).load(images());
    expect([...coloured.train.inputs.subarray(24)]).toEqual([0, 0, 0, 7, 7, 7, 128, 128, 128, 255, 255, 255]);
  });

  it('resizes, and turns as EXIF says', async () => {
    const wide = sharp({ create: { width: 64, height: 16, channels: 3, background: '#0000ff' } });
    const turned = await square([RED, RED, GREEN, GREEN]).resize(32, 32, { kernel: 'nearest' }).withMetadata({ orientation: 3 }).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const root = await imageFolder('sizes', { 'cat/1.jpeg': turned, 'cat/2.png': await wide.png().toBuffer() });
    const { train } = await openDatasetSource(`images:${root}`).load(images());
    // Upside down: what was written red, green is read green, red. JPEG and the filter blur a little.
    [GREEN, GREEN, RED, RED, BLUE, BLUE, BLUE, BLUE].flat().forEach((value, i) => expect(Math.abs(train.inputs[i] - value)).toBeLessThan(30));
  });

  it('names what it cannot read', async () => {
    const good = await square([RED, RED, RED, RED]).png().toBuffer();
    const broken = await imageFolder('broken', { 'cat/a.png': good, 'cat/b.png': Uint8Array.of(1, 2, 3), 'dog/c.jpg': good.subarray(0, 40), 'dog/d.png': good });
    const error = await thrownBy(() => openDatasetSource(`images:${broken}`).load(images()));
    expect(error.code).toBe('bad_dataset');
    const { problems } = error.details as { problems: { file: string; expected: string }[] };
    expect(problems.map(({ file }) => file).sort()).toEqual([join(broken, 'cat/b.png'), join(broken, 'dog/c.jpg')]);
    expect(problems[0].expected).toBe('a PNG, JPEG or WebP image');

    const strange = await imageFolder('strange', { 'cow/a.png': good, 'b.png': good, 'cat/c.gif': good });
    const refused = await thrownBy(() => openDatasetSource(`images:${strange}`).load(images()));
    expect(refused.details).toMatchObject({
      count: 3,
      problems: [
        { file: join(strange, 'b.png'), found: 'an image outside the class folders' },
        { file: join(strange, 'cat/c.gif'), found: 'an image of another format', expected: 'PNG, JPEG or WebP: convert it' },
        { file: join(strange, 'cow'), found: 'a folder "cow"', expected: 'the name of a class, one of "cat", "Übel", "dog"' },
      ],
    });

    const empty = await imageFolder('empty', {});
    expect((await thrownBy(() => openDatasetSource(`images:${empty}`).load(images()))).message).toMatch(/found no image, expected PNG, JPEG or WebP files in sub-folders named "cat"/);
    expect((await thrownBy(() => openDatasetSource(`images:${empty}/none`).load(images()))).message).toMatch(/there is no such file or folder/);
  });
});

it.each(['parquet:x', 'patients.csv', ':x', '', 'constructor:x', 'csv:', 'csv: '])('refuses %j as a dataset and lists what is understood', async (text) => {
  const error = await thrownBy(() => openDatasetSource(text, { mnist: { usage: 'mnist:PART/PARTS', open: () => ({ name: '', load: () => Promise.reject(new Error('not to be loaded')) }) } }));
  expect(error.code).toBe('bad_usage');
  expect(error.message).toContain(text.startsWith('csv') ? 'it is written csv:FILE' : 'csv:FILE, idx:IMAGES,LABELS, images:FOLDER, mnist:PART/PARTS');
});
