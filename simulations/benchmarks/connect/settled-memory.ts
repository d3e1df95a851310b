/** The memory of this process once nothing is left in it to be collected. */
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes. */
export interface MemoryUse {
  /** Resident memory of the whole process, by the system's count. */
  readonly resident: number;
  /** Objects that live on JavaScript's heap. */
  readonly heap: number;
  /** What these hold outside of it: buffers, and native objects as far as they say so. */
  readonly external: number;
}

/** The engine gives emptied pages back beside the program. Milliseconds. */
const REST_MS = 200;
const MOST_COLLECTIONS = 12;
/** Collections in a row that change next to nothing. */
const ENOUGH = 2;

const collect = (): void => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};

export async function settledMemory(): Promise<MemoryUse> {
  let last = memoryNow();
  for (let collections = 0, still = 0; collections < MOST_COLLECTIONS && still < ENOUGH; collections++) {
    collect();
    await wait(REST_MS);
    const next = memoryNow();
    still = Math.abs(next.resident - last.resident) < last.resident / 1000 ? still + 1 : 0;
    last = next;
  }
  return last;
}

function memoryNow(): MemoryUse {
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss, heap: heapUsed, external };
}
