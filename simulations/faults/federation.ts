/**
 * A whole federation in memory in which everything breaks that its schedule names: the real coordinator, gateway and edge
 * sessions over a simulated disk, wire and clocks. The run depends on its schedule alone.
 */
import type { RoundState } from '../../server/coordinator/round-state.ts';
import type { SqliteStore } from '../../server/storage/sqlite-store.ts';
import { MurmurError } from '../../shared/errors.ts';
import { toHex } from '../../shared/hex.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { settledIn } from '../virtual-clock.ts';
import { createFaultyAggregator, throughAggregator } from './aggregator.ts';
import { findViolations, weightsReader } from './checks.ts';
import { createCoordinatorLives } from './coordinator-lives.ts';
import { createFaultyEdge, type FaultyEdge } from './edges.ts';
import { createHost, type Host } from './host.ts';
import { tryToImpersonate } from './impostor.ts';
import { createLedger } from './ledger.ts';
import { findLeftovers } from './leftovers.ts';
import { createReportFaults } from './report-faults.ts';
import { createRunContext } from './run-context.ts';
import { faultsOf, type Fault, type FaultOf } from './fault.ts';
import type { FaultRun, RunOptions } from './fault-kind.ts';
import type { FaultSchedule } from './schedule.ts';
import { createWire } from './wire.ts';
import { LINE, SCHEMA, specOf } from './world.ts';

/** Virtual instants at which nothing more is broken, and at which a run that has not finished never will. */
const PEACE_MS = 45_000;
const NEVER_MS = 300_000;

/** Beyond it the squares of a float32 overflow. */
const TRAINABLE = 1e18;

export interface FederationRunOptions extends RunOptions {
  /** An empty store, which is left as it is found at the end. */
  readonly store: SqliteStore;
}

export async function runSchedule(schedule: FaultSchedule, { store, onTrace, onUnhandled }: FederationRunOptions): Promise<FaultRun> {
  const { world, faults } = schedule;
  const run = createRunContext(schedule, onTrace);
  const { clock, random, trace, struck, violate } = run;
  const unlisten = onUnhandled?.((thrown) => violate(`nobody handled a rejection: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`));
  const onReport = createReportFaults(run, (number) => edges.at(number), (edge, fault) => leave(edge, fault));
  const ledger = createLedger(SCHEMA, world.journal, onReport);
  const lives = createCoordinatorLives(run, store, ledger);

  // ---- edges ---------------------------------------------------------------------------------

  const wire = createWire({
    clock, latencyMs: world.latencyMs, replyMs: world.replyMs, faults, random: random.fork('wire'), struck, trace,
    peaceful: () => run.peace,
    onLie: (edge) => run.lied.add(edge),
    onAssign: ledger.offered,
  });

  const closedLinks: { readonly listeners: () => number }[] = [];
  const connect = (edge: number, host: Host): Promise<Link<EdgeToCoordinator>> => {
    const now = lives.serving();
    if (host.state === 'dead') return new Promise(() => undefined);
    if (!now) return Promise.reject(new MurmurError('disconnected', 'nobody listens'));
    const links = wire.open(edge, host, now.host);
    now.links.add(links);
    links.near.onClose(() => {
      now.links.delete(links);
      closedLinks.push(links);
    });
    now.serve(links.far);
    return Promise.resolve(links.near);
  };

  const aggregatorHost = createHost({ clock });
  const aggregator = world.aggregated > 0 ? createFaultyAggregator(aggregatorHost, () => connect(world.edges, aggregatorHost)) : null;
  const alsoDirectly = random.fork('aggregator');

  const edges: FaultyEdge[] = Array.from({ length: world.edges }, (_, number) =>
    createFaultyEdge({
      number, schedule, clock, random: random.fork(`edge ${number}`), wire, struck, trace,
      logger: run.loggerOf(`edge ${number}`),
      server: lives.serving,
      connect: async (edge, host) => {
        const link = await connect(edge, host);
        return aggregator && edge < world.aggregated ? throughAggregator(link, aggregator, () => alsoDirectly.next() < 0.3) : link;
      },
    }),
  );

  // ---- the schedule --------------------------------------------------------------------------

  const left = new Set<FaultyEdge>();
  function arm(fault: Fault): void {
    if (!('atMs' in fault)) return;
    clock.after(fault.atMs, () => {
      if (!run.finished && !run.peace) happen(fault);
    });
  }

  function happen(fault: Fault): void {
    const own = 'edge' in fault && fault.edge !== null ? edges.at(fault.edge) : undefined;
    const told = (): void => {
      struck(fault.kind);
      if (trace) trace(own ? `edge ${edges.indexOf(own)}` : 'world', `${fault.kind.toUpperCase()} ${JSON.stringify(fault)}`);
    };
    switch (fault.kind) {
      case 'crash':
      case 'suspend':
      case 'disk':
      case 'store':
        return lives.arm(fault);
      case 'disk-full':
        told();
        lives.current()?.disk.fill(fault.bytes);
        return void clock.after(fault.forMs, () => lives.current()?.disk.free());
      case 'cut-link':
        told();
        return own?.cutLink();
      case 'vanish':
        told();
        own?.vanish();
        return void clock.after(fault.forMs, () => own?.comeBack());
      case 'edge-crash':
        told();
        own?.crash();
        return void clock.after(fault.downMs, () => own && !run.finished && !left.has(own) && own.start());
      case 'leave':
        return own && leave(own, fault);
      case 'impostor': {
        if (!own || !lives.serving()) return;
        told();
        void connect(-1, aggregatorHost).then((link) => tryToImpersonate(own.identity.id, link)).then((sentence) => sentence !== null && violate(sentence));
        return;
      }
      case 'set-clock':
        told();
        return lives.setClock(fault.byMs);
      case 'message':
      case 'repeat':
      case 'leave-reporting':
      case 'nonsense':
      case 'skew':
        return;
    }
  }

  function leave(own: FaultyEdge, fault: FaultOf<'leave'> | FaultOf<'leave-reporting'>): void {
    if (run.finished || run.peace || left.has(own)) return;
    struck(fault.kind);
    if (trace) trace(`edge ${edges.indexOf(own)}`, `${fault.kind.toUpperCase()} ${JSON.stringify(fault)}`);
    left.add(own);
    void own.leave();
    clock.after(fault.forMs, () => {
      left.delete(own);
      if (!run.finished) own.start();
    });
  }

  /** Nothing breaks any more, and whoever went under or was lied to is started anew. */
  function makePeace(): void {
    if (run.finished) return;
    run.peace = true;
    struck('peace');
    if (trace) trace('world', 'PEACE');
    lives.current()?.disk.free();
    edges.forEach((edge, number) => {
      edge.comeBack();
      if (run.lied.has(number)) edge.crash();
      left.delete(edge);
      edge.start();
    });
  }

  // ---- the run -------------------------------------------------------------------------------

  // The task is created in peace: a death before it exists could lose nothing.
  const first = lives.begin();
  const create = async (): Promise<void> => {
    await first.coordinator.start();
    await first.coordinator.createTask(specOf(world));
    await first.coordinator.startTask(LINE);
  };
  await settledIn(clock, create());
  if (world.enrolled) {
    for (const { identity } of edges) await store.addEdge({ id: identity.id, publicKey: toHex(identity.publicKey), name: 'edge', role: 'edge', enrolledAt: 0, revokedAt: null });
  }
  for (const fault of faults) arm(fault);
  for (const fault of faultsOf(faults, 'skew')) struck(fault.edge === null ? 'skewed coordinator' : 'skewed edge');
  clock.after(PEACE_MS, makePeace);
  for (const edge of edges) edge.start();

  await clock.runUntil(() => run.finished || run.elapsedMs() > NEVER_MS);
  const tookMs = run.elapsedMs();
  await stopAll();
  if (!run.finished && !(await hasOutgrown())) violate(`not finished after ${NEVER_MS / 1000} s, ${(NEVER_MS - PEACE_MS) / 1000} of them in peace: ${await describe()}`);
  for (const sentence of [...ledger.violations, ...(await findViolations({ store, disk: lives.disk(), ledger, world }))]) violate(sentence);
  for (const sentence of await findLeftovers({ store, disk: lives.disk(), finished: run.finished, lives: lives.all, edges, closedLinks, struck: run.strikes, world })) violate(sentence);
  unlisten?.();
  const rounds = await store.listRounds(LINE, { limit: 10_000 });
  return {
    violations: run.violations, tookMs, struck: run.strikes,
    counts: {
      committed: rounds.filter(({ outcome }) => outcome === 'committed').length,
      aborted: rounds.filter(({ outcome }) => outcome === 'aborted').length,
      acknowledged: ledger.acknowledged.size,
    },
  };

  async function stopAll(): Promise<void> {
    run.peace = true;
    let stopped = false;
    lives.buryZombies();
    lives.current()?.host.resume();
    // What failed in a disk that was ill is tried once more by the next start, which comes when the disk is well.
    lives.current()?.disk.free();
    // A coordinator that was down may have come back while the edges left.
    const stopping = Promise.all(edges.map((edge) => edge.leave()))
      .then(lives.started)
      .then(() => lives.current()?.coordinator.stop());
    void stopping.then(() => {
      stopped = true;
    });
    const tooLate = clock.now() + NEVER_MS;
    await clock.runUntil(() => stopped || clock.now() > tooLate);
    if (!stopped) violate(`not everything stopped within ${NEVER_MS / 1000} s`);
    const last = lives.current();
    if (last) lives.hangUp(last, 'the coordinator stopped');
    aggregatorHost.die();
  }

  /** Whoever garbled a report so that it still is one may have made any finite number of it, and from weights beyond all measure nobody can train. */
  async function hasOutgrown(): Promise<boolean> {
    const latest = await store.latestVersion(LINE);
    if (!run.strikes['message corrupt'] || latest === null) return false;
    const weights = await weightsReader({ store, disk: lives.disk() })(latest.version);
    return weights.some((value) => Math.abs(value) > TRAINABLE);
  }

  async function describe(): Promise<string> {
    const state = (await store.loadState(LINE)) as RoundState | null;
    const task = await store.getTask(LINE);
    return `task ${task?.status} (${task?.statusReason ?? 'no reason'}), round ${state?.round} ${state?.phase}, ${state?.open} open, ${state?.reported} reported`;
  }
}
