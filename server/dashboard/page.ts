/** The dashboard: puts what `/watch` sends on the page, and counts deadlines down between two messages. */
import '../../shared/strict-policy.ts';
import { formatPercent } from '../../shared/format.ts';
import type { LiveTask } from '../../shared/protocol/live-view.ts';
import { createCurves } from './curves.ts';
import { byId, setAttribute, setHidden, setText } from './dom.ts';
import { createEdgesTable } from './edges-table.ts';
import { createFigures } from './figures.ts';
import { createJudgedCard } from './judged-card.ts';
import { createPhaseStrip } from './phase-strip.ts';
import { createResultCard } from './result-card.ts';
import { createRoundPanel } from './round-panel.ts';
import { createRoundsTable } from './rounds-table.ts';
import { createTaskHead } from './task-head.ts';
import { createTroublePanel } from './trouble-panel.ts';
import { accuraciesOf } from '../../shared/protocol/swarm-history.ts';
import { createSwarmView, type SwarmView } from './swarm-view.ts';
import { currentTask, EMPTY_VIEW, nameOfEdge, swarmOf, withChoice, withLive, withLiveSwarm, withRounds, withSwarmHistory, type ViewState } from './view-state.ts';
import { watchCoordinator, type ConnectionState } from './watch.ts';

const TICK_MS = 250;
const NO_ROUNDS = Object.freeze([]);

/** `#task=NAME` keeps the reader's choice over a reload, and can be sent to others. */
function chosenInAddress(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get('task');
}

function startPage(): void {
  const waiting = byId('waiting', HTMLElement);
  const noTask = byId('no-task', HTMLElement);
  const taskView = byId('task-view', HTMLElement);
  let view: ViewState = withChoice(EMPTY_VIEW, chosenInAddress());
  let drawPending = false;

  const head = createTaskHead((task) => {
    location.hash = `task=${encodeURIComponent(task)}`;
  });
  const strip = createPhaseStrip();
  const figures = createFigures();
  const panel = createRoundPanel((edge) => nameOfEdge(view, edge));
  const judged = createJudgedCard();
  const result = createResultCard();
  const trouble = createTroublePanel((edge) => nameOfEdge(view, edge));
  const curvesPart = byId('curves', HTMLElement);
  const rounds = createRoundsTable((round) => {
    const task = currentTask(view);
    if (task !== null) panel.open(task.task, round);
  });
  const edges = createEdgesTable(location.origin);
  let curves: ReturnType<typeof createCurves> | null = null;
  let swarmView: SwarmView | null = null;
  const federatedPart = byId('federated-view', HTMLElement);
  const swarmPart = byId('swarm-view', HTMLElement);
  const joinLink = byId('join-link', HTMLAnchorElement);

  function draw(): void {
    drawPending = false;
    if (view.live === null) return;
    const task = currentTask(view);
    setHidden(waiting, true);
    setHidden(noTask, task !== null);
    setHidden(taskView, task === null);
    if (task === null) {
      document.title = 'Murmuration';
      return;
    }
    head.update(task, view.live.tasks);
    const gossip = task.swarm !== undefined;
    setHidden(federatedPart, gossip);
    setHidden(swarmPart, !gossip);
    setAttribute(joinLink, 'href', gossip ? 'join?mode=gossip' : 'join');
    if (gossip) drawSwarm(task);
    else drawRounds(task);
  }

  function drawSwarm(task: LiveTask): void {
    const swarm = swarmOf(view, task);
    swarmView ??= createSwarmView(location.origin);
    swarmView.update(task, swarm);
    const { mean } = accuraciesOf(swarm.live);
    document.title = `${mean === null ? '' : `${formatPercent(mean, 1)}, `}${swarm.live.peersInAll} ${swarm.live.peersInAll === 1 ? 'peer' : 'peers'} · ${task.task} · Murmuration`;
  }

  function drawRounds(task: LiveTask): void {
    if (view.live === null) return;
    const ended = view.rounds.get(task.task) ?? NO_ROUNDS;
    strip.update(task);
    strip.tick(Date.now() + view.clockOffset);
    figures({ task, rounds: ended, now: view.live.now });
    result(task, view.live.tasks);
    trouble(task);
    // Without a model there is nothing that could become better.
    setHidden(curvesPart, task.withoutModel === true);
    if (task.withoutModel !== true) {
      // Charts measure their boxes: they are made once the view is shown.
      curves ??= createCurves();
      curves(task, ended);
    }
    judged(ended);
    rounds(ended, { withoutModel: task.withoutModel === true });
    edges(view.live.edges, view.live.edgesInAll);
    document.title = `${task.accuracy === null ? '' : `${formatPercent(task.accuracy, 1)}, `}round ${task.round} · ${task.task} · Murmuration`;
  }

  function change(next: ViewState): void {
    view = next;
    if (drawPending) return;
    drawPending = true;
    // A hidden tab gets no animation frames, and its title should follow all the same.
    if (document.hidden) queueMicrotask(draw);
    else requestAnimationFrame(draw);
  }

  const connection = byId('connection', HTMLElement);
  const connectionText = byId('connection-text', HTMLElement);
  const away = byId('away', HTMLElement);
  function showConnection(state: ConnectionState, reason: string): void {
    setAttribute(connection, 'data-state', state);
    setText(connectionText, state === 'live' ? 'live' : state === 'connecting' ? 'connecting' : 'coordinator away');
    setHidden(away, state !== 'away');
    if (state !== 'away') return;
    const since = view.live === null ? '' : ' What you see is the last that it said.';
    setText(away, `The coordinator does not answer (${reason}). This page keeps trying and goes on by itself.${since}`);
    setText(waiting, 'The coordinator does not answer yet. Is it running? Start it with: npm start');
  }

  window.addEventListener('hashchange', () => {
    // It is about a round of the task that was looked at.
    panel.close();
    change(withChoice(view, chosenInAddress()));
  });
  window.setInterval(() => strip.tick(Date.now() + view.clockOffset), TICK_MS);
  const end = watchCoordinator(location.origin, {
    state: (live) => change(withLive(view, live, Date.now())),
    rounds: (task, ended) => change(withRounds(view, task, ended)),
    swarmHistory: (history) => change(withSwarmHistory(view, history)),
    swarm: (swarm) => change(withLiveSwarm(view, swarm)),
    connection: showConnection,
  });
  window.addEventListener('pagehide', (event) => {
    // A page that is kept for the back button would hold its socket open for nobody.
    if (event.persisted) end();
  });
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
}

startPage();
