/** Links of peers to those who let them in: rendezvous, and peers that listen. Whoever goes without a word is missed when its heartbeat is. */
import { MurmurError } from '../../../shared/errors.ts';
import type { Link } from '../../../shared/protocol/link.ts';
import type { IntroducerToPeer, PeerToIntroducer } from '../../../shared/protocol/peer-messages.ts';
import { createMemoryLinks } from '../../network/memory-links.ts';
import type { Host } from '../host.ts';
import type { RunContext } from '../run-context.ts';
import type { SwarmSchedule } from './swarm-schedule.ts';

const HEARTBEAT_MS = 3_000;

/** Whoever lets peers in, as they reach it. */
export interface Door {
  readonly host: Host;
  serve(link: Link<IntroducerToPeer>): void;
}

export interface Doors {
  /** @param door null: nobody is there. @param isCut nothing gets through now. @throws disconnected */
  connect(from: Host, door: Door | null, isCut: () => boolean): Promise<Link<PeerToIntroducer>>;
  /** Of links of which it holds: a process is gone, or stops. */
  end(holds: (from: Host, to: Host) => boolean, told: boolean, reason: string): void;
  /** Those through which nothing gets any more. */
  endCut(): void;
  /** Sentences on what is left when everything has stopped. */
  leftovers(): string[];
}

export function createDoors({ clock, schedule: { world } }: RunContext<SwarmSchedule>): Doors {
  interface Opened {
    readonly from: Host;
    readonly to: Host;
    readonly isCut: () => boolean;
    readonly links: ReturnType<typeof createMemoryLinks<PeerToIntroducer, IntroducerToPeer>>;
  }
  const opened: Opened[] = [];

  function end({ links }: Opened, told: boolean, reason: string): void {
    if (told) links.near.close(reason);
    else clock.after(HEARTBEAT_MS, () => links.near.close(`${reason}: no heartbeat`));
  }

  return {
    connect(from, door, isCut) {
      if (door === null || isCut()) return Promise.reject(new MurmurError('disconnected', 'nobody answers'));
      const links = createMemoryLinks<PeerToIntroducer, IntroducerToPeer>({ clock, latencyMs: world.latencyMs, replyMs: world.replyMs, near: from, far: door.host, carry: (_message, deliver) => (isCut() ? undefined : deliver()) });
      opened.push({ from, to: door.host, isCut, links });
      door.serve(links.far);
      return Promise.resolve(links.near);
    },
    end(holds, told, reason) {
      for (const one of opened) if (!one.links.near.closed && holds(one.from, one.to)) end(one, told, reason);
    },
    endCut() {
      for (const one of opened) if (!one.links.near.closed && one.isCut()) end(one, false, 'out of reach');
    },
    leftovers() {
      const found: string[] = [];
      const open = opened.filter(({ links }) => !links.near.closed).length;
      if (open > 0) found.push(`${open} links to introducers were left open`);
      const listeners = opened.reduce((sum, { links }) => sum + (links.near.closed ? links.listeners() : 0), 0);
      if (listeners > 0) found.push(`${listeners} listeners wait for the end of links that are closed`);
      return found;
    },
  };
}
