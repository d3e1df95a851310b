/** Beside the picture: the peer that is looked at, or else who came and went. */
import { formatBytes, formatCount, formatDuration, formatLoss, formatPercent } from '../../shared/format.ts';
import { byId, create, setHidden, setText } from './dom.ts';
import { describeNeighbours, namesOf, platformOf } from './peers-table.ts';
import { activityOf, nameOf, neighboursOf, type SwarmEvent, type SwarmState } from '../../shared/protocol/swarm-state.ts';

const FACTS = ['Does now', 'Runs in', 'Round', 'Accuracy', 'Loss', 'Neighbours', 'Merged last with', 'Sent', 'Received', 'Connected for'] as const;
const MOST_NAMES = 12;

export function createPeerPanel(): (state: SwarmState, shown: string | null) => void {
  const name = byId('peer-name', HTMLElement);
  const id = byId('peer-id', HTMLElement);
  const facts = byId('peer-facts', HTMLElement);
  const hint = byId('peer-hint', HTMLElement);
  const news = byId('swarm-news', HTMLElement);
  const values = FACTS.map((label) => {
    const row = create('div');
    const value = create('dd');
    row.append(create('dt', 'muted', label), value);
    facts.append(row);
    return value;
  });
  let told: readonly SwarmEvent[] | null = null;

  function showNews(events: readonly SwarmEvent[]): void {
    if (events === told) return;
    told = events;
    news.replaceChildren(...events.slice(0, 8).map(({ at, text }) => {
      const item = create('li');
      item.append(create('time', 'muted', new Date(at).toLocaleTimeString('en-GB')), create('span', '', text));
      return item;
    }));
  }

  return (state, shown) => {
    const peer = state.live.peers.find((one) => one.peer === shown);
    setHidden(facts, peer === undefined);
    setHidden(id, peer === undefined);
    setHidden(hint, peer !== undefined);
    setHidden(news, peer !== undefined);
    showNews(state.events);
    setText(name, peer === undefined ? (shown === null ? 'Who is here' : 'This peer has left') : nameOf(peer));
    if (peer === undefined) return;
    setText(id, peer.peer);
    const neighbours = neighboursOf(state.live, peer.peer);
    const said = [
      activityOf(state.live, peer),
      platformOf(peer),
      formatCount(peer.round),
      peer.accuracy === null ? 'not evaluated yet' : `${formatPercent(peer.accuracy)} on its own held-out examples`,
      `${formatLoss(peer.loss)}, training ${formatLoss(peer.trainLoss)}`,
      neighbours.length === 0 ? 'none' : `${describeNeighbours(neighbours)}: ${namesOf(state, neighbours.map((one) => one.peer), MOST_NAMES)}`,
      namesOf(state, peer.merged, MOST_NAMES),
      formatBytes(peer.bytesSent),
      formatBytes(peer.bytesReceived),
      formatDuration(Math.max(0, Math.floor((state.live.now - peer.since) / 1000) * 1000)),
    ];
    values.forEach((value, i) => setText(value, said[i]));
  };
}
