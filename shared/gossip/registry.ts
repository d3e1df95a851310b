/** Every way to gossip, by name. A new one is one file in `ways/` and one line here. */
import { MurmurError } from '../errors.ts';
import { choco } from './ways/choco.ts';
import { dPsgd } from './ways/d-psgd.ts';
import { epidemic } from './ways/epidemic.ts';
import { groupAverage } from './ways/group-average.ts';
import { pushSum } from './ways/push-sum.ts';
import type { GossipWay } from './way.ts';

export const WAYS = [dPsgd, pushSum, epidemic, choco, groupAverage] as readonly GossipWay[];

export const WAY_NAMES: readonly string[] = WAYS.map(({ name }) => name);

/** @throws bad_task_spec when there is none of that name */
export function findWay(name: string): GossipWay {
  const found = WAYS.find((way) => way.name === name);
  if (!found) throw new MurmurError('bad_task_spec', `there is no way to gossip ${JSON.stringify(name)}; there are: ${WAY_NAMES.join(', ')}`);
  return found;
}

/** What the way's other methods take, of a task's `gossip.way`, which was checked with its task. */
export function wayConfigOf({ name, ...settings }: { readonly name: string }): unknown {
  return findWay(name).config.parse(settings);
}

/** Whether a way's letters hold their senders' models. */
export function sendsModels(name: string): boolean {
  const way = findWay(name);
  return way.kind === 'letters' && way.needs.model !== null;
}

/** Whether single letters can be measured by the norm of a model: running sums and differences cannot. */
export function boundsNorms(name: string): boolean {
  return findWay(name).kind === 'group' || sendsModels(name);
}

/** Whether whom a peer sends to must answer in the same turn. */
export function needsMutualLinks(name: string): boolean {
  const way = findWay(name);
  return way.kind === 'letters' && way.needs.links === 'mutual';
}
