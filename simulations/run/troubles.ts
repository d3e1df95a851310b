/** Brings a scenario's faults about: what is drawn by rates and what is due at an instant of its own. The same seed, the same troubles. */
import type { RoundPoint } from '../../server/coordinator/points.ts';
import type { RandomSource } from '../../shared/random.ts';
import { createCoordinatorFaults } from '../faults/coordinator-faults.ts';
import { faultsOf, MESSAGE_FATES, type FaultOf, type ScenarioFault } from '../faults/fault.ts';
import { NO_SKEW, type Skew } from '../faults/host.ts';
import type { MessageFate } from '../faults/message-fates.ts';
import { createMessageFaults } from '../faults/message-faults.ts';
import type { SimulatedDisk } from '../faults/simulated-disk.ts';
import type { FileStep } from '../faults/simulated-files.ts';
import { HOUR_MS } from '../fleet/rhythm.ts';
import { DOWNLOAD, type ScenarioFaults } from '../scenario/scenario-faults.ts';
import type { VirtualClock } from '../virtual-clock.ts';

export interface TroubledEdge {
  /** Its link breaks. False where it has none: then nothing happens. */
  cutLink(): boolean;
  /** Out of reach for a while. */
  vanish(forMs: number): void;
  /** Its process dies, and another one begins. False where none runs: then nothing happens. */
  crash(downMs: number): boolean;
}

export interface TroubledCoordinator {
  /** Of the process that runs now, or as the last one left it. */
  disk(): SimulatedDisk;
  /** Nothing happens to one that is down. */
  crash(power: boolean, downMs: number): void;
  setClock(byMs: number): void;
}

export interface Troubles {
  readonly coordinatorSkew: Skew;
  skewOf(edge: number): Skew;
  /** What the next message of an edge meets; null: nothing. */
  fateOf(edge: number, type: string, leg: 'request' | 'reply'): MessageFate | null;
  /** What garbles messages. */
  readonly random: RandomSource;
  /** The coordinator comes to a step of its disk, or to a point of a round: it may die there. */
  onStep(step: FileStep): void;
  onPoint(point: RoundPoint): void;
  begin(edges: readonly TroubledEdge[], coordinator: TroubledCoordinator): void;
  /** Nothing more breaks. */
  end(): void;
  struck(what: string): void;
  /** How often what struck since this was asked last. */
  take(): Readonly<Record<string, number>>;
}

export interface TroublesOptions {
  readonly clock: VirtualClock;
  /** When the simulation began: a run that is resumed does not begin at its beginning. */
  readonly epochMs: number;
  readonly random: RandomSource;
  /** Rounds that a run which is resumed has behind it: what comes is not what came. */
  readonly roundsBefore: number;
}

/** A failure that no step comes to lapses: else each one that follows a rest would fail. */
const FAILING_MS = 1000;
const DISK_CODES = ['EIO', 'ENOSPC', 'EROFS'] as const;
/** Those that a report and a version wait for. */
const DISK_STEPS = ['open', 'write', 'sync', 'rename', 'syncFolder'] as const satisfies readonly FileStep[];

export function createTroubles(faults: ScenarioFaults, { clock, epochMs, random, roundsBefore }: TroublesOptions): Troubles {
  const { messages, edges: edgeFaults, coordinator: coordinatorFaults, disk: diskFaults, events } = faults;
  const state = { peace: false };
  const waiting = createCoordinatorFaults(state);
  const counted = createMessageFaults(faultsOf(events, 'message'));
  const drawn = roundsBefore === 0 ? random : random.fork(`after ${roundsBefore} rounds`);
  const messageDraws = drawn.fork('messages');
  const fromMs = epochMs + faults.fromHours * HOUR_MS;
  const untilMs = faults.untilHours === null ? Infinity : epochMs + faults.untilHours * HOUR_MS;
  const somethingLost = MESSAGE_FATES.some((fate) => messages[fate] > 0);
  let strikes: Record<string, number> = {};
  let edges: readonly TroubledEdge[] = [];
  let coordinator: TroubledCoordinator | null = null;
  /** By a rate: waits for its step, and not for long. A disk that rests gathers none. */
  let failing: { readonly step: FileStep; readonly code: (typeof DISK_CODES)[number]; readonly until: number } | null = null;
  /** Full until then, also for the process that is started meanwhile, which has the disk anew. */
  let fullUntil = -Infinity;
  let filled: SimulatedDisk | null = null;

  const struck = (what: string): void => {
    strikes[what] = (strikes[what] ?? 0) + 1;
  };
  const within = (): boolean => !state.peace && clock.now() >= fromMs && clock.now() < untilMs;

  function drawFate(type: string): MessageFate | null {
    if (!somethingLost || !within() || (messages.types !== null && !(messages.types as readonly string[]).includes(type))) return null;
    let left = messageDraws.next();
    for (const fate of MESSAGE_FATES) {
      if (left < messages[fate]) return { fate, ms: fate === 'delay' || fate === 'duplicate' ? messageDraws.next() * messages.lateSeconds * 1000 : 0 };
      left -= messages[fate];
    }
    return null;
  }

  /** Again and again, so often an hour on the average (a Poisson process). */
  function repeat(name: string, perHour: number, happens: (draws: RandomSource) => void): void {
    if (perHour === 0) return;
    const draws = drawn.fork(name);
    const arm = (from: number): void => {
      const at = from - (Math.log(1 - draws.next()) / perHour) * HOUR_MS;
      if (at >= untilMs) return;
      clock.after(at - clock.now(), () => {
        if (state.peace) return;
        happens(draws);
        arm(clock.now());
      });
    };
    arm(Math.max(fromMs, clock.now()));
  }

  function die(power: boolean, downMs: number): void {
    coordinator?.crash(power, downMs);
  }

  function fill(bytes: number, forMs: number): void {
    if (coordinator === null) return;
    struck('disk full');
    fullUntil = Math.max(fullUntil, clock.now() + forMs);
    filled = coordinator.disk();
    filled.fill(bytes);
    clock.after(forMs, () => {
      if (clock.now() < fullUntil) return;
      coordinator?.disk().free();
      filled = null;
    });
  }

  function strikeEdge(what: string, hit: boolean): void {
    if (hit) struck(what);
  }

  function happen(event: Exclude<ScenarioFault, FaultOf<'message'> | FaultOf<'skew'>>): void {
    switch (event.kind) {
      case 'crash':
        return event.when === 'instant' ? die(event.power, event.downMs) : waiting.add(event);
      case 'disk':
        return waiting.add(event);
      case 'disk-full':
        return fill(event.bytes, event.forMs);
      case 'cut-link':
        return strikeEdge('edge cut off', edges[event.edge].cutLink());
      case 'vanish':
        struck('edge out of reach');
        return edges[event.edge].vanish(event.forMs);
      case 'edge-crash':
        return strikeEdge('edge crash', edges[event.edge].crash(event.downMs));
      case 'set-clock':
        struck('clock set');
        return coordinator?.setClock(event.byMs);
    }
  }

  const skews = faultsOf(events, 'skew');
  const namedSkew = (edge: number | null): Skew | undefined => skews.find((one) => one.edge === edge);

  return {
    coordinatorSkew: namedSkew(null) ?? { offsetMs: coordinatorFaults.clockSeconds * 1000, drift: coordinatorFaults.clockDrift },
    skewOf(edge) {
      const named = namedSkew(edge);
      if (named || (edgeFaults.clockSeconds === 0 && edgeFaults.clockDrift === 0)) return named ?? NO_SKEW;
      const draws = random.fork(`clock ${edge}`);
      return { offsetMs: (2 * draws.next() - 1) * edgeFaults.clockSeconds * 1000, drift: (2 * draws.next() - 1) * edgeFaults.clockDrift };
    },
    fateOf(edge, type, leg) {
      const fate = counted(edge, type, leg) ?? drawFate(type);
      // A download is asked for: what comes twice would be nobody's.
      if (fate === null || state.peace || (type === DOWNLOAD && fate.fate === 'duplicate')) return null;
      struck(`message ${fate.fate}`);
      return fate;
    },
    random: drawn.fork('garbled'),
    onStep(step) {
      const now = waiting.ofDisk(step) ?? (failing?.step === step && clock.now() <= failing.until ? failing : null);
      if (now !== null) {
        struck('disk failure');
        if (now === failing) failing = null;
        coordinator?.disk().failNext(step, now.code);
      }
      if (clock.now() < fullUntil && coordinator !== null && coordinator.disk() !== filled) {
        filled = coordinator.disk();
        filled.fill(0);
      }
      const due = waiting.strikeAtStep();
      if (due?.kind === 'crash') die(due.power, due.downMs);
    },
    onPoint(point) {
      const due = waiting.strikeAtPoint(point);
      if (due?.kind === 'crash') die(due.power, due.downMs);
    },
    begin(fleet, house) {
      edges = fleet;
      coordinator = house;
      for (const event of events) {
        if (event.kind === 'message' || event.kind === 'skew' || epochMs + event.atMs < clock.now()) continue;
        clock.after(epochMs + event.atMs - clock.now(), () => {
          if (!state.peace) happen(event);
        });
      }
      repeat('edge crashes', edgeFaults.crashesPerHour * fleet.length, (draws) => {
        strikeEdge('edge crash', edges[draws.int(edges.length)].crash(edgeFaults.downSeconds * 1000));
      });
      repeat('cut links', edgeFaults.cutsPerHour * fleet.length, (draws) => {
        strikeEdge('edge cut off', edges[draws.int(edges.length)].cutLink());
      });
      repeat('coordinator crashes', coordinatorFaults.crashesPerHour, (draws) => die(draws.next() < coordinatorFaults.powerCuts, coordinatorFaults.downSeconds * 1000));
      repeat('disk failures', diskFaults.failuresPerHour, (draws) => {
        failing = { step: DISK_STEPS[draws.int(DISK_STEPS.length)], code: DISK_CODES[draws.int(DISK_CODES.length)], until: clock.now() + FAILING_MS };
      });
      repeat('full disks', diskFaults.fullPerHour, () => fill(0, diskFaults.fullSeconds * 1000));
    },
    end() {
      state.peace = true;
    },
    struck,
    take() {
      const taken = strikes;
      strikes = {};
      return taken;
    },
  };
}
