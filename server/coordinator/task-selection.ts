/** Who may take part in a task's next round, and who of them does: the eligible edges as they come and go, their records, and the draw. */
import type { Algorithm } from '../../shared/algorithms/algorithm.ts';
import type { EdgeId, TaskId } from '../../shared/ids.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { Candidate, SelectionContext } from '../../shared/selection/candidate.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { Decision, Verdict } from '../selection/decision.ts';
import { roundWork } from '../selection/round-work.ts';
import { createSelector } from '../selection/selector.ts';
import { createTrackBook, type TrackBook } from '../selection/track-book.ts';
import type { Store } from '../storage/store.ts';
import { policyOfThoseWhoAreTold } from './counted-before.ts';
import type { CheckIn, Population } from './population.ts';

export interface TaskSelectionHouse {
  readonly task: { readonly id: TaskId; readonly spec: TaskSpec; readonly algorithm: Algorithm };
  readonly population: Population;
  readonly random: RandomSource;
  /** The clock by which edges check in. */
  readonly now: () => number;
  readonly round: () => number;
  /** An edge whose assignment ended is not considered before it has checked in again: without a barrier one that declines would be asked over and over. */
  readonly onceACheckIn: boolean;
}

export interface TaskSelection {
  /** Edges that could be drawn now, as far as is known. */
  readonly eligible: number;
  /** What edges did when they were asked. */
  readonly tracks: TrackBook;
  /** What the sampler remembers from draw to draw; plain data, stored with each transition. */
  readonly memory: unknown;
  /** As the store has it: before anything else. */
  load(store: Pick<Store, 'listTracks' | 'loadSamplerMemory'>): Promise<void>;
  /** Something about the edge changed; true where the number of the eligible did, too. */
  reconsider(edge: EdgeId): boolean;
  /** Looks again at all who are checked in, where criteria hang on the time. */
  recount(): void;
  /** The edge's assignment ended. */
  ended(edge: EdgeId): void;
  /**
   * @param modelBytes of the checkpoint that those who are chosen download
   * @param nth how many were asked in this round before: a further draw of it is another one
   */
  draw(count: number, modelBytes: number, nth?: number): readonly Decision[];
}

export function createTaskSelection({ task, population, random, now, round, onceACheckIn }: TaskSelectionHouse): TaskSelection {
  const eligible = new Set<EdgeId>();
  const selector = createSelector(policyOfThoseWhoAreTold(task));
  let tracks = createTrackBook([]);
  let memory: unknown = null;
  const context = (): SelectionContext => ({ now: now(), round: round(), trackOf: tracks.of });

  /** With which check-in edges were asked last. */
  const asked = new Map<EdgeId, CheckIn>();
  const isDue = (edge: EdgeId): boolean => {
    const last = asked.get(edge);
    if (last === undefined) return true;
    if (population.get(edge)?.checkIn === last) return false;
    asked.delete(edge);
    return true;
  };

  /** Puts the edge among the eligible, or takes it out; returns why, in the latter case. */
  function judge(edge: EdgeId): Verdict {
    const candidate = isDue(edge) ? population.candidate(edge, task.id) : null;
    const verdict = candidate && selector.check(candidate, context());
    if (candidate && verdict === null) eligible.add(edge);
    else eligible.delete(edge);
    return verdict;
  }

  /** Without a barrier somebody is drawn for each report: of the many who are at work nothing is to be decided. */
  function free(): Candidate[] {
    const found: Candidate[] = [];
    for (const edge of population.serving(task.id)) {
      if (population.get(edge)?.busyWith !== null || !isDue(edge)) continue;
      const candidate = population.candidate(edge, task.id);
      if (candidate) found.push(candidate);
    }
    return found;
  }

  return {
    get eligible() {
      return eligible.size;
    },
    get tracks() {
      return tracks;
    },
    get memory() {
      return memory;
    },
    async load(store) {
      tracks = createTrackBook(await store.listTracks(task.id));
      memory = await store.loadSamplerMemory(task.id);
    },
    reconsider(edge) {
      const before = eligible.size;
      const verdict = judge(edge);
      if (verdict && verdict.criterion !== 'busy') population.note(edge, { reason: `not eligible for ${task.id}: ${verdict.reason}` });
      return eligible.size !== before;
    },
    recount() {
      if (selector.changesWithTime) for (const edge of population.serving(task.id)) judge(edge);
    },
    ended(edge) {
      const checkIn = population.get(edge)?.checkIn;
      if (onceACheckIn && checkIn) asked.set(edge, checkIn);
    },
    draw(count, modelBytes, nth = 0) {
      const drawn = selector.draw({
        candidates: onceACheckIn ? free() : population.candidates(task.id), count, memory,
        random: random.fork(`${task.id}:draw:${round()}${nth === 0 ? '' : `:${nth}`}`),
        context: { ...context(), work: roundWork(task.spec, modelBytes) },
      });
      memory = drawn.memory;
      // What has gone stale since it was counted no longer counts; a check-in brings it back.
      for (const { edge, status } of drawn.decisions) if (status === 'rejected') eligible.delete(edge);
      return drawn.decisions;
    },
  };
}
