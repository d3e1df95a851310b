import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { missingFiles } from '../../cli/datasets.ts';

it('finds which files and folders of an agent’s datasets are not there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'murmur-datasets-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);
  await Promise.all(['here.csv', 'images.idx'].map((name) => writeFile(at(name), '')));
  expect(await missingFiles([`csv:${at('here.csv')}`, `flowers=csv:${at('gone.csv')}`, `idx:${at('images.idx')}, ${at('labels.idx')}`, `digits=images:${folder}`, `images:${at('pictures')}`, 'mnist:1/10']))
    .toEqual([at('gone.csv'), at('labels.idx'), at('pictures')]);
});
