/**
 * What the scripts behind docs/results-*.md have in common: results kept in docs/results/NAME.jsonl, a line each; runs in data/simulations/NAME that are
 * kept there once they have ended; and a page whose tables are made from what is kept, between two marks.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const MAIN = join(ROOT, 'dist/cli/main.js');
/** The folder whose docs/ and data/ are meant; a test lets the scripts write elsewhere. */
const PLACE = process.env.MURMUR_RESULTS ?? ROOT;
const DOCS = join(PLACE, 'docs');

/** @param {string} name of the page: `robust` for docs/results-robust.md */
export function openBook(name) {
  const file = join(DOCS, 'results', `${name}.jsonl`);
  const page = join(DOCS, `results-${name}.md`);
  return {
    /** Where a run writes. @param {string[]} path */
    folderOf: (...path) => join(PLACE, 'data/simulations', name, ...path),

    /** All that is kept. @returns {Promise<any[]>} */
    async read() {
      const text = await readFile(file, 'utf8').catch(onlyMissing);
      return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    },

    /** @param {readonly unknown[]} results in the order in which they are to stand */
    async write(results) {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, results.map((result) => `${JSON.stringify(result)}\n`).join(''));
    },

    /** Keeps one, in the place of the one that `isSame`, else as the last. @param {unknown} result @param {(kept: any) => boolean} isSame */
    async keep(result, isSame) {
      const kept = await this.read();
      const at = kept.findIndex(isSame);
      await this.write(at < 0 ? [...kept, result] : kept.with(at, result));
    },

    /** Puts the tables between the page's marks. @param {string} tables @param {string} [first] the page where there is none yet */
    async writeTables(tables, first = '<!-- table -->\n<!-- /table -->\n') {
      const text = (await readFile(page, 'utf8').catch(onlyMissing)) || first;
      await writeFile(page, text.replace(/(<!-- table -->\n)[\s\S]*(<!-- \/table -->)/, (_, begin, end) => `${begin}${tables}\n${end}`));
    },

    /** @param {string} picture its name beside the docs' others, and what is in it @param {string} svg */
    async writePicture(picture, svg) {
      const path = join(DOCS, 'images', picture);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, svg);
      return path;
    },
  };
}

/** The record of a run that has come to its end; else null. @param {string} folder */
export async function readEnded(folder) {
  const { readRecord } = await import('../../dist/simulations/run/read-record.js');
  return readRecord(folder).then((record) => (record.result === null ? null : record), () => null);
}

/** A run's result without what does not come again with the same seed, and without what all lines are. @param {{ type: string, wallSeconds: number }} result */
export function repeatable(result) {
  return Object.fromEntries(Object.entries(result).filter(([key]) => key !== 'type' && key !== 'wallSeconds'));
}

/** Runs a scenario with its progress shown; where it fails, the script ends as it did. @param {string} scenario @param {string} folder @param {readonly string[]} options of `murmur simulate` */
export function runScenario(scenario, folder, options) {
  console.error(`${scenario} ${options.join(' ')}`);
  const { status } = spawnSync(process.execPath, [MAIN, 'simulate', scenario, '--out', folder, ...options], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** @param {readonly unknown[]} head @param {readonly (readonly unknown[])[]} rows */
export function markdownTable(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** A share, in per cent with two digits; a dash where there is none. @param {number | null | undefined} share */
export function percent(share, digits = 2) {
  return share == null ? '–' : `${(100 * share).toFixed(digits)} %`;
}

/** @param {NodeJS.ErrnoException} error */
function onlyMissing(error) {
  if (error.code !== 'ENOENT') throw error;
  return '';
}
