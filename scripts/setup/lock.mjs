/**
 * One set-up at a time in one folder. The lock is a file that names its holder; it is stale
 * when that process is gone, or when it has not shown a sign of life for a while (another
 * process may have got the number of a dead one, and a shared disk hides other hosts' processes).
 */
import { link, mkdir, open, readFile, rename, rm, stat, unlink, utimes } from 'node:fs/promises';
import { unlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';

const BEAT_MS = 2_000;
const SILENT_MS = 60_000;
const POLL_MS = 100;

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The text of the lock file when its holder is gone, null while it is held or free. */
async function staleText(path) {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    if (Date.now() - mtimeMs > SILENT_MS) return text;
    const [pid, host] = text.split(' ');
    // An empty file is one that is being written now; its age decides alone.
    return host === hostname() && !isAlive(Number(pid)) ? text : null;
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Takes a stale lock away, and nothing else: who was faster may hold a fresh one under the same name. */
async function removeStale(path, text) {
  const aside = `${path}.stale-${process.pid}-${Math.random().toString(36).slice(2)}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== text) await link(aside, path).catch(() => undefined);
  await unlink(aside);
}

/**
 * Waits until the lock is ours.
 * @param {string} path
 * @param {{ onWait?: (holder: string) => void }} [options] `onWait` is told once who holds it
 * @returns {Promise<() => Promise<void>>} gives the lock back
 */
export async function acquireLock(path, options = {}) {
  await mkdir(dirname(path), { recursive: true });
  const mine = `${process.pid} ${hostname()} ${Date.now()}-${Math.random().toString(36).slice(2)}`;
  let told = false;
  for (;;) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(mine);
      await file.close();
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const stale = await staleText(path);
    if (stale !== null) {
      await removeStale(path, stale);
      continue;
    }
    if (!told) {
      told = true;
      options.onWait?.((await readFile(path, 'utf8').catch(() => '')).split(' ')[0]);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, BEAT_MS);
  beat.unref();
  const onExit = () => {
    try {
      unlinkSync(path);
    } catch {
      // Gone already.
    }
  };
  process.once('exit', onExit);
  return async () => {
    clearInterval(beat);
    process.removeListener('exit', onExit);
    await rm(path, { force: true });
  };
}
