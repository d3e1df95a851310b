/** The introducers of a swarm: real rendezvous, which die and come back. All have the swarm's root key: one house, several doors. */
import { MurmurError } from '../../../shared/errors.ts';
import { createRendezvous, type Rendezvous } from '../../../shared/gossip/rendezvous.ts';
import { swarmOf } from '../../../shared/gossip/swarm.ts';
import { issueVoucher } from '../../../shared/gossip/voucher.ts';
import { fromHex, toHex } from '../../../shared/hex.ts';
import { asTaskId } from '../../../shared/ids.ts';
import type { Link } from '../../../shared/protocol/link.ts';
import type { IntroducerToPeer, PeerToIntroducer } from '../../../shared/protocol/peer-messages.ts';
import type { GossipTask } from '../../../shared/task/task-spec.ts';
import { createMemoryLinks } from '../../network/memory-links.ts';
import { bytesFrom } from '../bytes-from.ts';
import { createHost, type Host } from '../host.ts';
import type { RunContext } from '../run-context.ts';
import { identityOf } from '../world.ts';
import type { SwarmSchedule } from './swarm-schedule.ts';

/** Vouchers outlast any run, and clocks that are hours off. */
const EXPIRES = 2 ** 50;
/** A link whose other end is gone without a word ends when its heartbeat was missed. */
const HEARTBEAT_MS = 3_000;

export interface RendezvousLife {
  readonly alive: boolean;
  connect(from: Host, isCut: () => boolean): Promise<Link<PeerToIntroducer>>;
  /** Links of these processes end when their heartbeat is missed. */
  cutOff(isCut: (from: Host) => boolean): void;
  kill(told: boolean): void;
  start(): void;
  /** In order. */
  stop(): void;
}

interface Opened {
  readonly from: Host;
  readonly links: ReturnType<typeof createMemoryLinks<PeerToIntroducer, IntroducerToPeer>>;
}

export interface RendezvousLives {
  readonly all: readonly RendezvousLife[];
  /** Sentences on what is left when everything has stopped. */
  leftovers(): string[];
}

export function createRendezvousLives(run: RunContext<SwarmSchedule>, task: GossipTask): RendezvousLives {
  const { clock, random, schedule: { world } } = run;
  const root = identityOf('the root of a swarm');
  const swarm = swarmOf(task);
  const name = asTaskId(task.name);
  const opened: Opened[] = [];
  const hosts: Host[] = [];

  const house: Parameters<typeof createRendezvous>[0]['house'] = {
    admission: 'open',
    admit: () => Promise.resolve(),
    tasks: async () => [name],
    async terms(wanted) {
      if (wanted !== name) throw new MurmurError('not_found', `there is no task ${wanted}`);
      return { task, swarm, root: toHex(root.publicKey), vouch: (publicKey) => issueVoucher({ swarm, publicKey: fromHex(publicKey), expires: EXPIRES, issuer: root, chain: null }) };
    },
    iceServers: [],
  };

  function createLife(number: number): RendezvousLife {
    let now: { readonly host: Host; readonly rendezvous: Rendezvous } | null = null;
    let lives = 0;
    const own: Opened[] = [];

    function end(one: Opened, told: boolean, reason: string): void {
      if (told) one.links.near.close(reason);
      else clock.after(HEARTBEAT_MS, () => one.links.near.close(`${reason}: no heartbeat`));
    }

    function start(): void {
      if (now !== null) return;
      const host = createHost({ clock });
      hosts.push(host);
      const own = random.fork(`rendezvous ${number} ${lives++}`);
      now = { host, rendezvous: createRendezvous({ house, clock: host.clock, logger: run.loggerOf(`rendezvous ${number}`, () => host.state === 'dead'), random: own, randomBytes: bytesFrom(own.fork('challenges')) }) };
    }

    start();
    return {
      get alive() {
        return now !== null;
      },
      connect(from, isCut) {
        if (now === null || isCut()) return Promise.reject(new MurmurError('disconnected', 'nobody answers'));
        const links = createMemoryLinks<PeerToIntroducer, IntroducerToPeer>({ clock, latencyMs: world.latencyMs, replyMs: world.replyMs, near: from, far: now.host, carry: (_message, deliver) => (isCut() ? undefined : deliver()) });
        const one = { from, links };
        own.push(one);
        opened.push(one);
        links.near.onClose(() => void own.splice(own.indexOf(one), 1));
        now.rendezvous.serve(links.far);
        return Promise.resolve(links.near);
      },
      cutOff(isCut) {
        for (const one of own) if (isCut(one.from)) end(one, false, 'out of reach');
      },
      kill(told) {
        now?.host.die();
        now = null;
        for (const one of [...own]) end(one, told, 'the rendezvous is gone');
      },
      start,
      stop() {
        now?.rendezvous.close();
        for (const one of [...own]) one.links.near.close('the rendezvous stops');
      },
    };
  }

  const all = Array.from({ length: world.introducers }, (_, number) => createLife(number));
  return {
    all,
    leftovers() {
      const found: string[] = [];
      const timers = hosts.reduce((sum, { pending }) => sum + pending, 0);
      if (timers > 0) found.push(`rendezvous left ${timers} timers behind`);
      const open = opened.filter(({ links }) => !links.near.closed).length;
      if (open > 0) found.push(`${open} links to a rendezvous were left open`);
      const listeners = opened.reduce((sum, { links }) => sum + (links.near.closed ? links.listeners() : 0), 0);
      if (listeners > 0) found.push(`${listeners} listeners wait for the end of links that are closed`);
      return found;
    },
  };
}
