/** A small project of its own to set up: real scripts, compiler and SQLite addon, an npm that only notes that it was called. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const LOCK = { packages: { '': {}, 'node_modules/typescript': { version: '6.0.0' }, 'node_modules/better-sqlite3': { version: '12.0.0' }, 'node_modules/absent': { version: '1.0.0', optional: true } } };

/**
 * Stands in for npm: `ci` makes node_modules anew out of links to the real packages, as npm does
 * writes the notes about it last, and halts in the middle while a file `halt` lies in the project.
 */
const NPM = `
const fs = require('node:fs');
fs.appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
fs.rmSync('node_modules', { recursive: true, force: true });
fs.mkdirSync('node_modules');
for (const name of ['typescript', 'better-sqlite3', 'bindings', 'file-uri-to-path']) fs.symlinkSync(${JSON.stringify(`${REPOSITORY}/node_modules/`)} + name, 'node_modules/' + name);
const finish = () => { const lock = JSON.parse(fs.readFileSync('package-lock.json')); delete lock.packages['']; delete lock.packages['node_modules/absent']; fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify(lock)); };
if (fs.existsSync('halt')) { fs.writeFileSync('halted', ''); setInterval(() => { if (!fs.existsSync('halt')) process.exit(1); }, 100); } else finish();
`;

const BUNDLES = ['dashboard-page.js', 'join-page.js', 'join-worker.js', 'murmuration-client.js'];
/** Bundling has tests of its own. */
const BROWSER = `
import { mkdir, writeFile, appendFile } from 'node:fs/promises';
export async function buildBrowser() {
  await appendFile(new URL('../browser-builds', import.meta.url), 'built\\n');
  await mkdir(new URL('../dist/browser/', import.meta.url), { recursive: true });
  for (const name of ${JSON.stringify(BUNDLES)}) await writeFile(new URL('../dist/browser/' + name, import.meta.url), '');
}
`;

const COMPILER = {
  compilerOptions: { target: 'ES2023', lib: ['ES2023'], skipLibCheck: true, module: 'NodeNext', types: [], strict: true, allowImportingTsExtensions: true, rewriteRelativeImportExtensions: true, rootDir: '.', outDir: 'dist', incremental: true, tsBuildInfoFile: 'dist/.tsbuildinfo' },
  include: ['shared', 'cli'],
};

export interface SetupProject {
  readonly folder: string;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  /** Starts a set-up; `output` grows while it runs. */
  start(): { readonly child: ChildProcess; readonly ended: Promise<{ readonly code: number | null; readonly output: string }>; says(text: string): Promise<void> };
  /** A set-up to its end. */
  run(): Promise<{ readonly code: number | null; readonly output: string }>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function createSetupProject(): Promise<SetupProject> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'murmuration-setup-')));
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  await cp(join(REPOSITORY, 'scripts/setup'), join(folder, 'scripts/setup'), { recursive: true });
  await cp(join(REPOSITORY, 'scripts/setup.mjs'), join(folder, 'scripts/setup.mjs'));
  await write('scripts/build-browser.mjs', BROWSER);
  await write('package.json', JSON.stringify({ type: 'module' }));
  await write('package-lock.json', JSON.stringify(LOCK));
  await write('tsconfig.build.json', JSON.stringify(COMPILER));
  await write('shared/one.ts', 'export const one: number = 1;\n');
  await write('cli/main.ts', "import { one } from '../shared/one.ts';\nexport const two: number = one + one;\n");
  await write('npm-cli.cjs', NPM);

  const start: SetupProject['start'] = () => {
    const child = spawn(process.execPath, ['scripts/setup.mjs'], { cwd: folder, env: { ...process.env, npm_execpath: join(folder, 'npm-cli.cjs') }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (bytes: Buffer): void => void (output += bytes.toString('utf8'));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const closed = once(child, 'close');
    return {
      child,
      ended: closed.then(([code]) => ({ code: code as number | null, output })),
      async says(text) {
        while (!output.includes(text)) await Promise.race([once(child.stderr, 'data'), closed.then(() => Promise.reject(new Error(`the set-up ended without saying "${text}":\n${output}`)))]);
      },
    };
  };
  return {
    folder,
    write,
    read: (path) => readFile(join(folder, path), 'utf8'),
    start,
    run: () => start().ended,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
