/** The page of a task in gossip mode: no phases and no rounds of a coordinator, but a graph of peers. */
import { formatCount } from '../../shared/format.ts';
import type { LiveTask } from '../../shared/protocol/live-view.ts';
import { createCommand } from './command.ts';
import { byId, setHidden, setText } from './dom.ts';
import { createPeerPanel } from './peer-panel.ts';
import { createPeersTable } from './peers-table.ts';
import { createSwarmCurves } from './swarm-curves.ts';
import { createSwarmFigures } from './swarm-figures.ts';
import { createSwarmGraph, createSwarmLegend } from './swarm-graph.ts';
import type { SwarmState } from '../../shared/protocol/swarm-state.ts';

export interface SwarmView {
  update(task: LiveTask, swarm: SwarmState): void;
}

function wordsOf(task: LiveTask, { live }: SwarmState): string {
  if (task.status !== 'running') return 'No newcomer is let in now; peers that are in the swarm go on without a coordinator.';
  if (live.peers.length === 0) return 'Waiting for peers: nobody is connected here. Peers that have met go on learning all the same.';
  if (live.peers.length === 1) return 'Waiting for peers: one is here, and it takes two to average.';
  return `${formatCount(live.peers.length)} peers average with their neighbours; nobody coordinates them.`;
}

/** Made once the view is shown: charts measure their boxes. */
export function createSwarmView(origin: string): SwarmView {
  const words = byId('swarm-words', HTMLElement);
  const figures = createSwarmFigures();
  const curves = createSwarmCurves();
  const panel = createPeerPanel();
  let looked: string | null = null;
  let chosen: string | null = null;
  let last: { readonly task: LiveTask; readonly swarm: SwarmState } | null = null;

  const choose = (peer: string | null): void => {
    chosen = peer === chosen ? null : peer;
    showPeer();
  };
  const graph = createSwarmGraph(byId('swarm-graph', HTMLElement), {
    onLook(peer) {
      looked = peer;
      showPeer();
    },
    onChoose: choose,
  });
  const table = createPeersTable((peer) => {
    choose(peer);
    // What was asked for is shown up there.
    if (chosen !== null) byId('swarm-card', HTMLElement).scrollIntoView({ block: 'nearest' });
  });
  byId('swarm-card', HTMLElement).append(createSwarmLegend());

  function showPeer(): void {
    if (last === null) return;
    const shown = looked ?? chosen;
    graph.update(last.swarm, shown);
    panel(last.swarm, shown);
    table(last.swarm, chosen);
  }

  return {
    update(task, swarm) {
      if (last?.task.task !== task.task) {
        graph.reset();
        looked = chosen = null;
        byId('gossip-command', HTMLElement).replaceChildren(createCommand(`npm run --silent murmur -- agent --gossip --url ${origin} --task ${task.task} --dataset csv:my-data.csv`));
      }
      if (last?.task === task && last.swarm === swarm) return;
      last = { task, swarm };
      setText(words, wordsOf(task, swarm));
      figures({ task, swarm });
      curves(swarm.history.points, task.targetAccuracy);
      setHidden(byId('no-peers', HTMLElement), swarm.live.peers.length > 0);
      showPeer();
    },
  };
}
