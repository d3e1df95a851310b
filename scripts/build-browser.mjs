/**
 * Bundles what a browser loads into dist/browser, the folder that the coordinator serves
 * as `/assets/`: the dashboard, the join page with its worker, and the client library.
 * No script or style is inline, so that a strict Content-Security-Policy holds.
 *
 *     node scripts/build-browser.mjs [FOLDER]
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Bundle name → entry point. */
const ENTRIES = {
  'dashboard-page': 'server/dashboard/page.ts',
  'join-page': 'client/browser/join-page.ts',
  'join-worker': 'client/browser/worker.ts',
  'murmuration-client': 'client/index-browser.ts',
};

/** Files that are served as they are; a folder gives its HTML, CSS and SVG files. */
const PAGE_FOLDERS = ['server/dashboard', 'client/browser'];
const PAGE_FILES = /\.(html|css|svg)$/;

/** zod brings its messages in fifty languages, of which the pages use none but English: a quarter of a megabyte. */
const withoutLocales = {
  name: 'without-locales',
  setup(build) {
    build.onResolve({ filter: /locales\/index\.js$/ }, ({ importer }) => (/[\\/]zod[\\/]/.test(importer) ? { path: 'no-locales', namespace: 'empty' } : undefined));
    build.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export {};' }));
  },
};

async function copyPages(out) {
  for (const folder of PAGE_FOLDERS) {
    for (const name of await readdir(join(root, folder))) {
      if (PAGE_FILES.test(name)) await copyFile(join(root, folder, name), join(out, name));
    }
  }
  await copyFile(join(root, 'node_modules/uplot/dist/uPlot.min.css'), join(out, 'uplot.css'));
}

/** Chunks carry a hash in their name, so those of earlier builds would pile up. */
async function removeOldChunks(out, outputs) {
  const current = new Set(outputs.map((path) => path.slice(path.lastIndexOf('/') + 1)));
  const folder = join(out, 'chunks');
  if (!existsSync(folder)) return;
  for (const name of await readdir(folder)) {
    if (!current.has(name)) await rm(join(folder, name), { force: true });
  }
}

async function copyWasm(out) {
  const from = join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
  for (const name of await readdir(from)) {
    if (name.endsWith('.wasm')) await copyFile(join(from, name), join(out, name));
  }
}

/**
 * @param {{ outDir?: string, entries?: (keyof typeof ENTRIES)[] }} [options]
 *   `outDir`: dist/browser unless given; `entries`: which bundles, all unless given.
 * @returns {Promise<{ outDir: string, bytes: Record<string, number> }>} the bundles' sizes by file name
 */
export async function buildBrowser(options = {}) {
  const outDir = options.outDir ?? join(root, 'dist/browser');
  const wanted = options.entries ?? Object.keys(ENTRIES);
  const entryPoints = Object.fromEntries(
    wanted.map((name) => [name, join(root, ENTRIES[name])]).filter(([, path]) => existsSync(path)),
  );
  await mkdir(outDir, { recursive: true });
  const [result] = await Promise.all([
    build({
      entryPoints,
      outdir: outDir,
      bundle: true,
      format: 'esm',
      // Backends are loaded when they are chosen: nobody downloads four of them.
      splitting: true,
      chunkNames: 'chunks/[name]-[hash]',
      platform: 'browser',
      // `source` makes `#platform/…` resolve to the TypeScript files; `browser` picks the browser's.
      // The kernels' module goes into the bundle: a page never fetches it.
      loader: { '.wasm': 'binary' },
      conditions: ['source', 'browser', 'module'],
      mainFields: ['browser', 'module', 'main'],
      target: 'es2022',
      minify: true,
      sourcemap: true,
      legalComments: 'none',
      metafile: true,
      define: { 'process.env.NODE_ENV': '"production"' },
      plugins: [withoutLocales],
      logLevel: 'silent',
    }),
    copyPages(outDir),
    copyWasm(outDir),
  ]);
  await removeOldChunks(outDir, Object.keys(result.metafile.outputs));
  const bytes = {};
  for (const [path, output] of Object.entries(result.metafile.outputs)) {
    if (path.endsWith('.js')) bytes[path.slice(path.lastIndexOf('/') + 1)] = output.bytes;
  }
  return { outDir, bytes };
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  try {
    const { outDir, bytes } = await buildBrowser({ outDir: process.argv[2] && resolve(process.argv[2]) });
    for (const [name, size] of Object.entries(bytes)) console.log(`${join(outDir, name)}  ${(size / 1000).toFixed(0)} kB`);
  } catch (error) {
    console.error(`The browser bundles were not built: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
