/**
 * The edges that the coordinator knows of just now: who is connected, with which
 * conditions each checked in, what each works on. In memory only: presence is a
 * check-in, and after a restart everybody checks in again.
 */
import { MurmurError } from '../../shared/errors.ts';
import type { AssignmentId, EdgeId, TaskId } from '../../shared/ids.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { CoordinatorToEdge } from '../../shared/protocol/messages.ts';
import type { Candidate } from '../../shared/selection/candidate.ts';
import type { Capabilities, Conditions } from '../../shared/task/conditions.ts';

export interface CheckIn {
  readonly conditions: Conditions;
  readonly capabilities: Capabilities;
  readonly tasks: readonly {
    readonly task: TaskId;
    readonly examples: number;
    /** By class, where the task asks and the edge's owner agrees. */
    readonly labels?: readonly number[] | undefined;
  }[];
}

export interface Presence {
  readonly edge: EdgeId;
  readonly name: string;
  link: Link<CoordinatorToEdge> | null;
  /** Of the protocol that was agreed with it at hello. */
  protocolMinor: number;
  checkIn: CheckIn | null;
  /** Kept when it goes away, for people. */
  lastCapabilities: Capabilities | null;
  /** The most that it said to hold for a task; kept when it goes away, and when no task runs that it could say something of, for people. */
  lastExamples: number | null;
  checkedInAt: number;
  lastSeen: number;
  /** What it works on; an edge has one assignment at a time. */
  busyWith: AssignmentId | null;
  /** For people: what it does now, and why it was or was not chosen last. */
  activity: string;
  reason: string;
  contributions: number;
}

export interface PopulationListener {
  /** Something about the edge changed that may matter for its eligibility. */
  changed(edge: EdgeId): void;
  connected(edge: EdgeId): void;
  disconnected(edge: EdgeId): void;
}

export interface Population {
  /** `protocolMinor` is the one agreed at hello; 0 where nothing was said of it. */
  connect(edge: EdgeId, name: string, link: Link<CoordinatorToEdge>, now: number, protocolMinor?: number): void;
  checkIn(edge: EdgeId, checkIn: CheckIn, now: number): void;
  /** Takes the edge out of every pool at its own wish; it closes its link itself, once that is acknowledged. */
  leave(edge: EdgeId): void;
  /** Takes the edge out of every pool and cuts its session. */
  expel(edge: EdgeId, reason: string): void;
  occupy(edge: EdgeId, assignment: AssignmentId): void;
  free(edge: EdgeId, assignment: AssignmentId): void;
  note(edge: EdgeId, note: { readonly activity?: string; readonly reason?: string; readonly contributed?: boolean }): void;
  get(edge: EdgeId): Presence | undefined;
  /** Everyone seen since the start, connected or not. */
  all(): Iterable<Presence>;
  readonly size: number;
  /** Everyone whose session is open, and how many they are. */
  connected(): Iterable<EdgeId>;
  readonly online: number;
  /** The edge as selection for this task sees it; null where it is away, not checked in, or does not serve the task. */
  candidate(edge: EdgeId, task: TaskId): Candidate | null;
  candidates(task: TaskId): Candidate[];
  /** The edges that are checked in for the task. */
  serving(task: TaskId): Iterable<EdgeId>;
  /** @throws disconnected, timeout, or what the edge replied. */
  send<Type extends keyof CoordinatorToEdge & string>(edge: EdgeId, type: Type, payload: CoordinatorToEdge[Type]['request']): Promise<CoordinatorToEdge[Type]['reply']>;
  listen(listener: PopulationListener): () => void;
}

/** Edges away that are still remembered, for people; a population of millions is not kept in memory. */
const MOST_ABSENT = 10_000;

export function createPopulation(mostAbsent = MOST_ABSENT): Population {
  const presences = new Map<EdgeId, Presence>();
  /** Those without a link, the longest away first. */
  const absent = new Set<EdgeId>();
  /** Checked in and connected, by task: selection never walks the whole population. */
  const pools = new Map<TaskId, Set<EdgeId>>();
  const listeners = new Set<PopulationListener>();
  const changed = (edge: EdgeId): void => listeners.forEach((listener) => listener.changed(edge));

  let online = 0;

  const leavePools = (edge: EdgeId): void => {
    for (const pool of pools.values()) pool.delete(edge);
  };

  const rememberAbsent = (edge: EdgeId): void => {
    absent.add(edge);
    if (absent.size <= mostAbsent) return;
    // One that has an assignment is not forgotten: its report may still come.
    for (const old of absent) {
      if (presences.get(old)?.busyWith != null) continue;
      absent.delete(old);
      presences.delete(old);
      return;
    }
  };

  const candidate = (edge: EdgeId, task: TaskId): Candidate | null => {
    const presence = presences.get(edge);
    if (!presence?.link || !presence.checkIn) return null;
    const served = presence.checkIn.tasks.find((one) => one.task === task);
    if (!served) return null;
    const { conditions, capabilities } = presence.checkIn;
    return {
      edge, name: presence.name, conditions, capabilities, checkedInAt: presence.checkedInAt, protocolMinor: presence.protocolMinor,
      examples: served.examples, labels: served.labels ?? null, busy: presence.busyWith !== null,
    };
  };

  const leave = (edge: EdgeId): void => {
    const presence = presences.get(edge);
    if (!presence) return;
    leavePools(edge);
    presence.checkIn = null;
    presence.activity = 'left';
    changed(edge);
  };

  return {
    connect(edge, name, link, now, protocolMinor = 0) {
      const known = presences.get(edge);
      const presence: Presence = known ?? { edge, name, link: null, protocolMinor, checkIn: null, lastCapabilities: null, lastExamples: null, checkedInAt: 0, lastSeen: now, busyWith: null, activity: 'connected', reason: '', contributions: 0 };
      const former = presence.link;
      if (!former) online++;
      presence.link = link;
      presence.protocolMinor = protocolMinor;
      presence.lastSeen = now;
      presence.activity = presence.busyWith === null ? 'connected' : 'back';
      presences.set(edge, presence);
      absent.delete(edge);
      // One session an edge: the newer one wins, since the older may be a connection that died unnoticed.
      former?.close('the edge opened another session');
      // Before the link is asked whether it closed meanwhile: nobody hears of a departure before the arrival.
      for (const listener of listeners) listener.connected(edge);
      link.onClose(() => {
        if (presence.link !== link) return;
        presence.link = null;
        online--;
        presence.checkIn = null;
        presence.activity = 'away';
        leavePools(edge);
        rememberAbsent(edge);
        changed(edge);
        for (const listener of listeners) listener.disconnected(edge);
      });
    },
    checkIn(edge, checkIn, now) {
      const presence = presences.get(edge);
      if (!presence?.link) return;
      leavePools(edge);
      presence.checkIn = checkIn;
      presence.lastCapabilities = checkIn.capabilities;
      if (checkIn.tasks.length > 0) presence.lastExamples = Math.max(...checkIn.tasks.map(({ examples }) => examples));
      presence.checkedInAt = now;
      presence.lastSeen = now;
      if (presence.busyWith === null) presence.activity = 'waiting';
      for (const { task } of checkIn.tasks) {
        const pool = pools.get(task) ?? new Set();
        pool.add(edge);
        pools.set(task, pool);
      }
      changed(edge);
    },
    leave,
    expel(edge, reason) {
      leave(edge);
      presences.get(edge)?.link?.close(reason);
    },
    occupy(edge, assignment) {
      const presence = presences.get(edge);
      if (!presence) return;
      presence.busyWith = assignment;
      changed(edge);
    },
    free(edge, assignment) {
      const presence = presences.get(edge);
      if (presence?.busyWith !== assignment) return;
      presence.busyWith = null;
      changed(edge);
    },
    note(edge, { activity, reason, contributed }) {
      const presence = presences.get(edge);
      if (!presence) return;
      presence.activity = activity ?? presence.activity;
      presence.reason = reason ?? presence.reason;
      if (contributed === true) presence.contributions++;
    },
    get: (edge) => presences.get(edge),
    all: () => presences.values(),
    get size() {
      return presences.size;
    },
    get online() {
      return online;
    },
    *connected() {
      for (const { edge, link } of presences.values()) if (link) yield edge;
    },
    candidate,
    candidates(task) {
      const found: Candidate[] = [];
      for (const edge of pools.get(task) ?? []) {
        const one = candidate(edge, task);
        if (one) found.push(one);
      }
      return found;
    },
    serving: (task) => pools.get(task) ?? [],
    send(edge, type, payload) {
      const link = presences.get(edge)?.link;
      return link ? link.request(type, payload) : Promise.reject(new MurmurError('disconnected', `edge ${edge} is not connected`));
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
