/**
 * No thundering herd: what edges do when they all call at once, and when their coordinator dies and comes back. The same
 * edges go through all of it, one part after the other. `MURMUR_HERD_EDGES=10000` has more of them.
 */
import { generateKeyPair } from '#platform/crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { reconnectWithinMs } from '../../server/coordinator/reconnect-window.ts';
import { DEFAULT_LOBBY_LIMITS, OPENINGS_A_SECOND } from '../../shared/protocol/lobby.ts';
import { createRestartHouse, type RestartHouse } from '../helpers/restarts.ts';

const EDGES = Number(process.env['MURMUR_HERD_EDGES'] ?? 2000);
/** Of the whole population: so long take its sessions to open at the pace of the coordinator. */
const WINDOW_MS = reconnectWithinMs(EDGES);

let house: RestartHouse | null = null;
afterAll(async () => {
  await house?.stop();
}, 600_000);

/** The most in any whole second from `since` on. */
function busiestSecond(times: readonly number[], since: number): number {
  const counts = new Map<number, number>();
  for (const time of times) if (time >= since) counts.set(Math.floor((time - since) / 1000), (counts.get(Math.floor((time - since) / 1000)) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

/** Six standard deviations of a Poisson number above its mean: exceeded with probability below 10⁻⁸ a second. */
const atMost = (mean: number): number => mean + 6 * Math.sqrt(mean);

/** The house with all its edges there, none of whom was counted yet. */
async function connected(): Promise<RestartHouse> {
  if (!house) {
    house = await createRestartHouse(generateKeyPair);
    house.addEdges(EDGES);
  }
  const { clock, until } = house;
  await until(() => house?.online() === EDGES);
  // Each checks in again once all are there, and hears of the window for all.
  const since = clock.now();
  await until(() => clock.now() > since + 1.5 * Math.max(60_000, WINDOW_MS));
  house.attempts.length = 0;
  house.refusals.length = 0;
  return house;
}

describe(`${EDGES} edges`, () => {
  it('that all call for the first time at the same moment are refused once each at most, and are all in when their slots are over', async () => {
    house = await createRestartHouse(generateKeyPair);
    const { clock, attempts, refusals, until } = house;
    const since = clock.now();
    house.addEdges(EDGES);
    await until(() => house?.online() === EDGES);
    const refused = Math.max(0, EDGES - DEFAULT_LOBBY_LIMITS.most);
    expect(refusals).toHaveLength(refused);
    expect(attempts).toHaveLength(EDGES + refused);
    // A second, their slots one behind the other, and the messages' way.
    expect(clock.now() - since).toBeLessThan(1000 + (1000 * refused) / OPENINGS_A_SECOND + 200);
    expect(busiestSecond(attempts, since + 1000)).toBeLessThanOrEqual(OPENINGS_A_SECOND);
  }, 600_000);

  it('whose coordinator is back at once return spread over the window that it had told', async () => {
    const { clock, attempts, refusals, until, kill, restart } = await connected();
    const since = clock.now();
    kill();
    await restart();
    await until(() => house?.online() === EDGES);
    expect(clock.now() - since).toBeLessThan(WINDOW_MS + 200);
    expect(attempts).toHaveLength(EDGES);
    expect(busiestSecond(attempts, since)).toBeLessThan(atMost(OPENINGS_A_SECOND));
    expect(refusals).toEqual([]);
  }, 600_000);

  it('whose coordinator is away for a while call less and less often, and are all back within the longest window', async () => {
    const { clock, attempts, refusals, until, kill, restart } = await connected();
    const since = clock.now();
    kill();
    await until(() => clock.now() > since + 3 * WINDOW_MS);
    await restart();
    const back = clock.now();
    await until(() => house?.online() === EDGES);
    expect(clock.now() - back).toBeLessThan(Math.max(30_000, 4 * WINDOW_MS) + 200);
    expect(busiestSecond(attempts, since)).toBeLessThan(atMost(3 * OPENINGS_A_SECOND));
    // The coordinator that is back is not called more often than it opens sessions.
    expect(busiestSecond(attempts, back)).toBeLessThan(atMost(OPENINGS_A_SECOND));
    expect(refusals).toEqual([]);
  }, 600_000);
});
