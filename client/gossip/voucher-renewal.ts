/**
 * Keeps what a peer has to show for itself fresh: once half of the time of its voucher is over, introducers that are connected
 * are asked for others. One given by a peer ends when that peer's own does; so in the end it is the root that says how long a
 * swarm takes anybody in.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Voucher } from '../../shared/gossip/voucher.ts';
import type { Vouchers } from './vouchers.ts';

export interface VoucherRenewal {
  /** To be called now and then: asks where it is time to. */
  look(): void;
}

/** Part of the time that is left after which introducers that gave nothing better are asked again. */
const AGAIN_AFTER = 1 / 16;
const LEAST_PAUSE_MS = 1000;

/** @param renew asks one introducer after the other, as far as they give any; each voucher is checked by now */
export function createVoucherRenewal(clock: Pick<Clock, 'now'>, vouchers: Vouchers, renew: () => Promise<readonly Voucher[]>): VoucherRenewal {
  let looked: Voucher = [];
  let due = Infinity;
  let asking = false;

  const left = (): number => (vouchers.best.at(0)?.expires ?? Infinity) - clock.now();

  async function ask(): Promise<void> {
    asking = true;
    due = clock.now() + Math.max(LEAST_PAUSE_MS, AGAIN_AFTER * left());
    try {
      for (const given of await renew()) vouchers.add(given);
    } finally {
      asking = false;
    }
  }

  return {
    look() {
      const { best } = vouchers;
      if (best !== looked) due = clock.now() + left() / 2;
      looked = best;
      // Who gave none now is asked again later.
      if (!asking && clock.now() >= due) ask().catch(() => undefined);
    },
  };
}
