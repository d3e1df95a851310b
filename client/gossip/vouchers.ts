/**
 * What a peer has to show for itself: each introducer that let it in vouches for it. The shortest chain counts as long as it holds.
 * By the newest one, two peers that listen and let each other in would lengthen each other's chain with each connection, until neither could let anybody in.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Voucher } from '../../shared/gossip/voucher.ts';

export interface Vouchers {
  add(voucher: Voucher): void;
  /** Where none holds any more, the newest; empty before the first came. */
  readonly best: Voucher;
}

export function createVouchers(clock: Pick<Clock, 'now'>): Vouchers {
  /** The one that holds longest, of each length of a chain. */
  const byLength = new Map<number, Voucher>();
  let newest: Voucher = [];
  return {
    add(voucher) {
      newest = voucher;
      const held = byLength.get(voucher.length);
      if (held === undefined || held[0].expires <= voucher[0].expires) byLength.set(voucher.length, voucher);
    },
    get best() {
      const holding = [...byLength.values()].filter(([own]) => own.expires > clock.now());
      return holding.sort((a, b) => a.length - b.length).at(0) ?? newest;
    },
  };
}
