/** The simulations' wires, under the real clock. */
import { expect } from 'vitest';
import { createVirtualSwitchboard } from '../../simulations/network/virtual-switchboard.ts';
import { systemClock } from '../../shared/clock.ts';
import { FAR, NEAR } from '../helpers/signalling.ts';
import { transportConformance } from './transport.ts';

transportConformance('memory', 'memory', async () => {
  const board = createVirtualSwitchboard({ clock: systemClock, line: () => ({ latencyMs: () => 1, bytesPerMs: () => 200_000 }) });
  const [near, far] = [board.transportOf(NEAR), board.transportOf(FAR)];
  return {
    near, far,
    async dispose() {
      await Promise.all([near.stop(), far.stop()]);
      await expect.poll(() => board.wires().length).toBe(0);
    },
  };
});
