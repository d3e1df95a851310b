import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Packages {
  packagesMissing(root: string): string | null;
  headersPrefix(execPath: string, version: string): string | null;
  npmEnvironment(env: NodeJS.ProcessEnv, prefix: string | null): NodeJS.ProcessEnv;
}
// The scripts run before there is a compiler: plain JavaScript, without types.
const { packagesMissing, headersPrefix, npmEnvironment } = (await import(new URL('../../scripts/setup/packages.mjs', import.meta.url).href)) as Packages;

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'murmuration-packages-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function install(installed: object, wanted: object): Promise<void> {
  await mkdir(join(root, 'node_modules'), { recursive: true });
  for (const path of Object.keys(installed)) {
    await mkdir(join(root, path), { recursive: true });
    await writeFile(join(root, path, 'package.json'), '{}');
  }
  await writeFile(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }));
  await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': { name: 'x' }, ...wanted } }));
}

describe('packagesMissing', () => {
  it('is content with the versions asked for, optional ones left out', async () => {
    await install({ 'node_modules/a': { version: '1.0.0' } }, { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0', optional: true } });
    expect(packagesMissing(root)).toBeNull();
  });
  it('names what is absent, other, or removed by hand', async () => {
    await install({}, { 'node_modules/a': { version: '1.0.0' } });
    expect(packagesMissing(root)).toBe('node_modules/a is not installed');
    await install({ 'node_modules/a': { version: '0.9.0' } }, { 'node_modules/a': { version: '1.0.0', optional: true } });
    expect(packagesMissing(root)).toBe('node_modules/a is 0.9.0 where package-lock.json asks for 1.0.0');
    await install({ 'node_modules/a': { version: '1.0.0' } }, { 'node_modules/a': { version: '1.0.0' } });
    await rm(join(root, 'node_modules/a'), { recursive: true });
    expect(packagesMissing(root)).toBe('node_modules/a was removed');
    await rm(join(root, 'node_modules'), { recursive: true });
    expect(packagesMissing(root)).toBe('no packages are installed yet');
  });
});

describe('the headers beside node', () => {
  beforeEach(async () => {
    await mkdir(join(root, 'include/node'), { recursive: true });
    await writeFile(join(root, 'include/node/node_version.h'), '#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 20\n#define NODE_PATCH_VERSION 2\n');
  });
  it('are found from where node lies', () => expect(headersPrefix(join(root, 'bin/node'), 'v20.20.2')).toBe(root));
  it("are not taken where they are another Node's", () => expect(headersPrefix(join(root, 'bin/node'), 'v20.20.1')).toBeNull());
  it('are null where there are none', () => expect(headersPrefix(join(root, 'elsewhere/bin/node'), 'v20.20.2')).toBeNull());
});

describe('npmEnvironment', () => {
  it('names the headers under both names, and undoes a silence handed down', () => {
    expect(npmEnvironment({ npm_config_loglevel: 'silent' }, '/usr')).toEqual({ npm_config_loglevel: 'warn', npm_config_nodedir: '/usr', npm_package_config_node_gyp_nodedir: '/usr' });
  });
  it("leaves a user's own choice, and names nothing where nothing was found", () => {
    expect(npmEnvironment({ npm_config_nodedir: '/opt/node' }, '/usr')).toEqual({ npm_config_loglevel: 'warn', npm_config_nodedir: '/opt/node' });
    expect(npmEnvironment({}, null)).toEqual({ npm_config_loglevel: 'warn' });
  });
});
