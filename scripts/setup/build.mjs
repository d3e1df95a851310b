/** From the sources to dist/: the TypeScript, the files that lie beside it, and the browser bundles. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SetupProblem } from './problem.mjs';
import { lastLines, runCommand } from './run-command.mjs';

const WINGS = ['shared', 'server', 'client', 'simulations', 'cli'];
/** What else decides what comes out. */
const SETTINGS = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build-browser.mjs', 'scripts/setup/build.mjs'];
const BROWSER_OUT = ['dashboard-page.js', 'join-page.js', 'join-worker.js', 'murmuration-client.js'];
/** Written last by the compiler: what it believes to lie in dist/. */
const BUILD_INFO = 'dist/.tsbuildinfo';

/** The kernels' sources are another language's: their compiled module is committed, and scripts/kernels.mjs makes it. */
const isCompiled = (path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !path.startsWith('shared/kernels/assembly/');
const outputOf = (path) => `dist/${isCompiled(path) ? path.replace(/\.ts$/, '.js') : path}`;
/** Data that compiled files read at run time; bundles copy their own pages. */
const isAsset = (path) => /\.(sql|wasm|json|py)$/.test(path) && !path.startsWith('shared/kernels/assembly/');

/** All files under the wings, relative to the root, sorted. */
async function sourceFiles(root) {
  const files = [];
  const walk = async (folder) => {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
    await Promise.all(entries.map((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return walk(path);
      if (!entry.name.startsWith('.') && !entry.name.endsWith('.md')) files.push(path);
      return undefined;
    }));
  };
  await Promise.all(WINGS.map(walk));
  return files.sort();
}

/**
 * What the build would read, as one line for each file (path, size, time of change): the same lines, the
 * same build; and whether everything that it makes is there, since somebody may have cleaned up by hand.
 * @param {string} root
 * @returns {Promise<{ signature: string, complete: boolean }>}
 */
export async function inspectBuild(root) {
  const sources = await sourceFiles(root);
  const mark = (path) => stat(join(root, path)).then(({ size, mtimeMs }) => `${path} ${size} ${mtimeMs}`, () => `${path} -`);
  const signature = (await Promise.all([...sources, ...SETTINGS].map(mark))).join('\n');
  const outputs = [...sources.filter((path) => isCompiled(path) || isAsset(path)).map(outputOf), ...BROWSER_OUT.map((name) => `dist/browser/${name}`)];
  return { signature, complete: outputs.every((path) => existsSync(join(root, path))) };
}

/** Removes compiled files whose source is gone: they could still be imported, and hide the mistake. */
async function pruneOutputs(root, sources) {
  const expected = new Set(sources.map((path) => outputOf(path)));
  const walk = async (folder) => {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
    await Promise.all(entries.map((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return walk(path);
      const base = path.replace(/\.(js|d\.ts)(\.map)?$/, '.js');
      return expected.has(base) || expected.has(path) ? undefined : rm(join(root, path), { force: true });
    }));
  };
  await Promise.all(WINGS.map((wing) => walk(`dist/${wing}`)));
}

async function compile(root, say) {
  const sources = await sourceFiles(root);
  // The compiler trusts its notes; where files are missing all the same, the notes go.
  if (!sources.filter(isCompiled).every((path) => existsSync(join(root, outputOf(path))))) await rm(join(root, BUILD_INFO), { force: true });
  const { code, output } = await runCommand(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--pretty', 'false'], { cwd: root, say, what: 'tsc' });
  if (code !== 0) throw new SetupProblem(`The TypeScript in ${root} does not compile:\n\n${lastLines(output, 60)}\n`, 'Correct the files named above (`npm run typecheck` checks them alone), or go back to a clean checkout.');
  await Promise.all(sources.filter(isAsset).map(async (path) => {
    await mkdir(dirname(join(root, outputOf(path))), { recursive: true });
    await copyFile(join(root, path), join(root, outputOf(path)));
  }));
  await pruneOutputs(root, sources);
}

async function bundle(root) {
  const script = join(root, 'scripts/build-browser.mjs');
  const { buildBrowser } = await import(pathToFileURL(script).href);
  try {
    await buildBrowser();
  } catch (error) {
    throw new SetupProblem(`The browser bundles were not built:\n\n${error.message}\n`, 'Correct what is named above (`node scripts/build-browser.mjs` builds the bundles alone), or go back to a clean checkout.');
  }
}

/** @throws SetupProblem with what the compiler or the bundler said */
export async function build(root, say) {
  const results = await Promise.allSettled([compile(root, say), bundle(root)]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
