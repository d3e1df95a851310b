/**
 * Training in Node gave the event loop no turn for up to fifty seconds: the breather posted messages to itself, and Node hands
 * out a thousand of them in a row. No timer fired, no heartbeat was answered, and who was to stop did not hear of it.
 */
import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createBreather } from '../../client/training/breather.ts';

/** Breaths, of 50 ms of work each, before it is given up. */
const MOST_BREATHS = 40;
/** Due when some breaths have been taken: the first was never the trouble. */
const LATER_MS = 175;

async function workUntil(done: () => boolean): Promise<number> {
  const breather = createBreather();
  let breaths = 0;
  while (!done() && breaths < MOST_BREATHS) {
    const turn = breather.breathe();
    if (turn === undefined) continue;
    breaths++;
    await turn;
  }
  breather.close();
  return breaths;
}

describe('work that breathes', () => {
  it.each([1, 3])('lets timers fire between breaths, where %i are at it', async (workers) => {
    let fired = false;
    setTimeout(() => {
      fired = true;
    }, LATER_MS);
    const breaths = await Promise.all(Array.from({ length: workers }, () => workUntil(() => fired)));
    expect(Math.max(...breaths)).toBeLessThan(MOST_BREATHS);
  });

  it('lets other processes be heard', async () => {
    let heard = false;
    const child = spawn(process.execPath, ['-e', '']);
    child.once('exit', () => {
      heard = true;
    });
    expect(await workUntil(() => heard)).toBeLessThan(MOST_BREATHS);
  });
});
