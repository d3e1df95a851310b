/** The peers of a swarm in words: all that the picture shows. */
import { formatBytes, formatCount, formatLoss, formatPercent } from '../../shared/format.ts';
import type { LivePeer } from '../../shared/protocol/live-swarm.ts';
import { createCell } from './cells.ts';
import { byId, create, createKeyedList, setAttribute, setHidden, setText, type KeyedRow } from './dom.ts';
import { activityOf, nameOf, neighboursOf, type SwarmState } from '../../shared/protocol/swarm-state.ts';

interface Item {
  readonly peer: LivePeer;
  readonly state: SwarmState;
  readonly chosen: boolean;
}

const MOST_NAMES = 4;

export const platformOf = ({ platform }: LivePeer): string => (platform === 'browser' ? 'browser tab' : platform === 'node' ? 'Node agent' : 'unknown');

/** As the swarm calls them; one that is not connected to whom the page asks, by its id. */
export function namesOf({ live }: SwarmState, peers: readonly string[], most = MOST_NAMES): string {
  const shown = peers.slice(0, most).map((peer) => {
    const known = live.peers.find((one) => one.peer === peer);
    return known === undefined ? peer : nameOf(known);
  });
  return peers.length === 0 ? 'nobody' : `${shown.join(', ')}${peers.length > most ? ` and ${formatCount(peers.length - most)} more` : ''}`;
}

export function describeNeighbours(neighbours: ReturnType<typeof neighboursOf>): string {
  const relayed = neighbours.filter((one) => one.relayed).length;
  return relayed === 0 ? formatCount(neighbours.length) : `${formatCount(neighbours.length)}, ${formatCount(relayed)} relayed`;
}

function createRow(onChoose: (peer: string) => void): KeyedRow<Item> {
  const element = create('tr');
  const who = createCell(element, 'Peer', 'who');
  const choose = create('button', 'round-link edge-name');
  choose.type = 'button';
  const id = create('code', 'edge-id');
  who.inner.append(choose, id);
  let shown = '';
  choose.addEventListener('click', () => onChoose(shown));
  const runsIn = createCell(element, 'Runs in', 'runs-on');
  const does = createCell(element, 'Does now', 'does');
  const dot = create('span', 'dot');
  dot.setAttribute('aria-hidden', 'true');
  const activity = create('span');
  does.inner.append(dot, activity);
  const round = createCell(element, 'Round', 'number');
  const accuracy = createCell(element, 'Accuracy', 'number');
  const loss = createCell(element, 'Loss', 'number');
  const neighbours = createCell(element, 'Neighbours', 'number');
  const merged = createCell(element, 'Merged last with', 'reason');
  const sent = createCell(element, 'Sent', 'number');
  return {
    element,
    update({ peer, state, chosen }) {
      shown = peer.peer;
      element.dataset['testid'] = `peer-${peer.peer}`;
      setText(choose, nameOf(peer));
      setAttribute(choose, 'aria-pressed', `${chosen}`);
      setText(id, peer.peer);
      setText(runsIn.inner, platformOf(peer));
      const doing = activityOf(state.live, peer);
      setAttribute(element, 'data-state', doing === 'learning' || doing === 'first round' ? 'busy' : 'idle');
      setText(activity, doing);
      setText(round.inner, formatCount(peer.round));
      setText(accuracy.inner, formatPercent(peer.accuracy));
      setText(loss.inner, formatLoss(peer.loss));
      setText(neighbours.inner, describeNeighbours(neighboursOf(state.live, peer.peer)));
      setText(merged.inner, namesOf(state, peer.merged));
      setText(sent.inner, formatBytes(peer.bytesSent));
    },
  };
}

/** `onChoose` is told which peer was clicked. */
export function createPeersTable(onChoose: (peer: string) => void): (state: SwarmState, chosen: string | null) => void {
  const list = createKeyedList(byId('peers-body', HTMLElement), ({ peer }: Item) => peer.peer, () => createRow(onChoose));
  const count = byId('peers-count', HTMLElement);
  const collator = new Intl.Collator('en', { numeric: true });
  return (state, chosen) => {
    const { peers, peersInAll } = state.live;
    const sorted = [...peers].sort((a, b) => collator.compare(nameOf(a), nameOf(b)) || collator.compare(a.peer, b.peer));
    list(sorted.map((peer) => ({ peer, state, chosen: peer.peer === chosen })));
    setHidden(byId('peers-table', HTMLElement), peers.length === 0);
    setText(count, peers.length === 0 ? '' : peersInAll > peers.length ? `${formatCount(peers.length)} of ${formatCount(peersInAll)} shown` : `${formatCount(peersInAll)} connected`);
  };
}
