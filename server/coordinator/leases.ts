/** The leases under which a coordinator drives its tasks: whoever holds a task's lease is the only one who writes to it. */
import type { Clock } from '../../shared/clock.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { TaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Lease, Store, TaskRecord } from '../storage/store.ts';
import type { TaskDriver } from './driver-house.ts';

const LEASE_MS = 30_000;
/** How often they are renewed. */
export const RENEWAL_MS = LEASE_MS / 3;

export interface LeasesHouse {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names this process in leases. */
  readonly name: string;
}

export interface Leases {
  /** @throws lease_lost while another coordinator drives the task */
  acquire(task: TaskId): Promise<Lease>;
  /** Under the lease: a coordinator that was suspended meanwhile must not write over what its successor says of the task. @throws lease_lost */
  setStatus(lease: Lease, status: TaskRecord['status'], reason: string | null): Promise<void>;
  /** False: it is lost, or has run out, and the driver must stop. */
  renew(driver: TaskDriver): Promise<boolean>;
}

export function createLeases({ store, clock, logger, name }: LeasesHouse): Leases {
  return {
    async acquire(task) {
      const lease = await store.acquireLease(task, name, LEASE_MS, clock.now());
      if (!lease) throw new MurmurError('lease_lost', `another coordinator drives task ${task}; stop that one, or wait until its lease has run out (${LEASE_MS / 1000} s)`);
      return lease;
    },
    async setStatus(lease, status, reason) {
      await store.saveTransition(lease, { state: await store.loadState(lease.task), status: { status, reason } });
    },
    async renew(driver) {
      try {
        driver.renewed(await store.renewLease(driver.lease(), LEASE_MS, clock.now()));
        return true;
      } catch (thrown) {
        const error = toMurmurError(thrown);
        logger.error({ task: driver.task, code: error.code, err: error }, 'the lease was not renewed');
        // A busy or full disk may have room before it runs out; until then nobody else can take the task.
        return error.code !== 'lease_lost' && clock.now() < driver.lease().expiresAt;
      }
    },
  };
}
