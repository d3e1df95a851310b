/** What must be gone when everything has stopped: timers, listeners, links, uploads, files. */
import { createReportJournal } from '../../server/storage/report-journal.ts';
import type { Store } from '../../server/storage/store.ts';
import type { Disk } from '../../server/storage/disk.ts';
import type { Life } from './coordinator-life.ts';
import type { FaultyEdge } from './edges.ts';
import type { World } from './schedule.ts';
import { LINE } from './world.ts';

export interface Leftovers {
  readonly store: Store;
  /** As the last coordinator left it. */
  readonly disk: Disk;
  readonly finished: boolean;
  readonly lives: readonly Life[];
  readonly edges: readonly FaultyEdge[];
  readonly closedLinks: readonly { readonly listeners: () => number }[];
  readonly struck: Readonly<Record<string, number>>;
  readonly world: World;
}

/** An edge has one assignment at a time, and may have left older uploads unfinished: so many are kept of each at the most. */
const MOST_UPLOADS = 4;

export async function findLeftovers(run: Leftovers): Promise<string[]> {
  const found: string[] = [];
  for (const { number, host, uploads, coordinator } of run.lives) {
    if (host.pending > 0) found.push(`coordinator ${number} left ${host.pending} timers behind`);
    if (uploads.count > MOST_UPLOADS * run.edges.length) found.push(`coordinator ${number} kept ${uploads.count} unfinished uploads`);
    if (host.state === 'alive' && coordinator.drivers().length > 0) found.push(`coordinator ${number} stopped and still drives`);
  }
  for (const { processes, number } of run.edges.map((edge, i) => ({ processes: edge.hosts(), number: i }))) {
    const timers = processes.reduce((sum, { pending }) => sum + pending, 0);
    if (timers > 0) found.push(`edge ${number} left ${timers} timers behind`);
  }
  const listeners = run.closedLinks.reduce((sum, link) => sum + link.listeners(), 0);
  if (listeners > 0) found.push(`${listeners} listeners wait for the end of links that are closed`);
  if (run.finished) found.push(...(await filesLeft(run)));
  return found;
}

/**
 * Two kinds of orphans are allowed, and only where something failed: the blobs of an update that failed or died behind
 * them and was not done again with the same result, and a segment or a temporary file whose removal failed itself.
 */
async function filesLeft({ store, disk, struck, world }: Leftovers): Promise<string[]> {
  const found: string[] = [];
  const failed = Object.keys(struck).some((what) => what.startsWith('disk') || what === 'store' || what === 'taken over');
  // Where a crash costs the round, nobody comes back to what its update had stored.
  const given = failed || !world.journal;
  const segments = await createReportJournal(disk).list(LINE);
  if (segments.length > 0 && !failed) found.push(`the journal segments of rounds ${segments.join(', ')} were left behind`);
  const temporary = await disk.list('.tmp');
  if (temporary.length > 0 && !failed) found.push(`temporary files were left behind: ${temporary.join(', ')}`);
  const named = new Set((await store.listVersions(LINE, { limit: 10_000 })).flatMap(({ checkpoint, serverState }): string[] => [checkpoint, serverState]));
  for (const folder of await disk.list('blobs')) {
    for (const digest of await disk.list(`blobs/${folder}`)) {
      if (!named.delete(digest) && !given) found.push(`the blob ${digest.slice(0, 12)}… belongs to no version`);
    }
  }
  if (named.size > 0) found.push(`the blobs ${[...named].map((digest) => `${digest.slice(0, 12)}…`).join(', ')} of stored versions are gone`);
  return found;
}
