/** The rendezvous of a swarm, real ones, which die and come back. All have the swarm's root key: one house, several doors. */
import { createRendezvous, type Rendezvous } from '../../../shared/gossip/rendezvous.ts';
import type { GossipTask } from '../../../shared/task/task-spec.ts';
import { openHouse } from '../../gossip/open-house.ts';
import { bytesFrom } from '../bytes-from.ts';
import { createHost, type Host } from '../host.ts';
import type { RunContext } from '../run-context.ts';
import { identityOf } from '../world.ts';
import type { Door, Doors } from './doors.ts';
import type { SwarmSchedule } from './swarm-schedule.ts';

export interface RendezvousLife {
  /** null: nobody is there. */
  readonly door: Door | null;
  /** Somebody is there, and answers. */
  readonly answers: boolean;
  hang(): void;
  answerAgain(): void;
  kill(told: boolean): void;
  start(): void;
  /** In order. */
  stop(): void;
}

export interface RendezvousLives {
  readonly all: readonly RendezvousLife[];
  leftovers(): string[];
}

export function createRendezvousLives(run: RunContext<SwarmSchedule>, task: GossipTask, doors: Doors): RendezvousLives {
  const { clock, schedule: { world } } = run;
  const house = openHouse(task, identityOf('the root of a swarm'));
  const hosts: Host[] = [];

  function createLife(number: number): RendezvousLife {
    let now: (Door & { readonly rendezvous: Rendezvous }) | null = null;
    let lives = 0;

    function start(): void {
      if (now !== null) return;
      const host = createHost({ clock });
      hosts.push(host);
      const random = run.random.fork(`rendezvous ${number} ${lives++}`);
      const rendezvous = createRendezvous({ house, clock: host.clock, logger: run.loggerOf(`rendezvous ${number}`, () => host.state === 'dead'), random, randomBytes: bytesFrom(random.fork('challenges')) });
      now = { host, rendezvous, serve: (link) => rendezvous.serve(link) };
    }

    start();
    return {
      get door() {
        return now;
      },
      get answers() {
        return now?.host.state === 'alive';
      },
      hang: () => now?.host.suspend(),
      answerAgain: () => now?.host.resume(),
      kill(told) {
        const own = now;
        if (own === null) return;
        own.host.die();
        now = null;
        doors.end((_, to) => to === own.host, told, 'the rendezvous is gone');
      },
      start,
      stop() {
        const own = now;
        own?.rendezvous.close();
        // Those that had not said yet who they are.
        doors.end((_, to) => to === own?.host, true, 'the rendezvous stops');
      },
    };
  }

  return {
    all: Array.from({ length: world.introducers }, (_, number) => createLife(number)),
    leftovers() {
      const timers = hosts.reduce((sum, { pending }) => sum + pending, 0);
      return timers > 0 ? [`rendezvous left ${timers} timers behind`] : [];
    },
  };
}
