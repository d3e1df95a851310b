/** The coordinator's tasks as a session knows them: which are on offer, and which of them this edge can serve, with how much data. */
import type { Clock } from '../../shared/clock.ts';
import { toErrorBody, toMurmurError } from '../../shared/errors.ts';
import type { TaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { EdgeToCoordinator, TaskOffer } from '../../shared/protocol/messages.ts';
import { asksForLabels } from '../../shared/task/asks-for-labels.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { EdgeEvent } from './events.ts';
import type { TaskBench } from './task-bench.ts';
import { createUnservedTasks } from './unserved-tasks.ts';

/** How long the list of tasks is taken for true. */
const OFFER_MS = 5000;

export interface ServedTask {
  readonly task: TaskId;
  readonly examples: number;
  /** How many of each class, where the task asks and the owner tells. */
  readonly labels?: number[];
}

export interface SessionTasksOptions {
  readonly bench: TaskBench;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly emit: (event: EdgeEvent) => void;
  readonly shareLabels: boolean;
  /** The task that is worked on now, if any. */
  readonly inHand: () => readonly TaskId[];
}

export interface SessionTasks {
  /** Those that run and that this edge has data for. */
  served(opened: Link<EdgeToCoordinator>): Promise<ServedTask[]>;
  /** Fetches a task's spec and loads its data. Its owner is told once why this edge cannot serve a task. */
  learn(opened: Link<EdgeToCoordinator>, task: TaskId): Promise<void>;
  /** Nothing that the coordinator or a mended file could change: not before this edge is started anew. */
  leave(task: TaskId, reason: string): void;
  /** The coordinator says so: they are asked for again, and what was postponed is tried at once. */
  changed(): void;
}

export function createSessionTasks({ bench, clock, logger, emit, shareLabels, inHand }: SessionTasksOptions): SessionTasks {
  const unserved = createUnservedTasks(clock);
  let offer: { readonly link: Link<EdgeToCoordinator>; readonly at: number; tasks: readonly TaskOffer[] } | null = null;

  /** Asked again when the coordinator says that something changed, over a new link, and now and then: not at each check-in. null: to be asked. */
  function tasksHeardOf(opened: Link<EdgeToCoordinator>): readonly TaskOffer[] | null {
    return offer?.link !== opened || clock.now() - offer.at >= OFFER_MS ? null : offer.tasks;
  }

  async function askForTasks(opened: Link<EdgeToCoordinator>): Promise<readonly TaskOffer[]> {
    const asked: typeof offer = { link: opened, at: clock.now(), tasks: [] };
    // Before the answer is there: a change announced meanwhile must not be forgotten.
    offer = asked;
    asked.tasks = (await opened.request('tasks', {})).tasks;
    return asked.tasks;
  }

  function labelsFor(task: TaskId): { readonly labels?: number[] } {
    const spec = bench.specOf(task);
    if (!shareLabels || !spec || !asksForLabels(spec)) return {};
    const labels = bench.labelsOf(task);
    return labels === null ? {} : { labels: [...labels] };
  }

  async function learn(opened: Link<EdgeToCoordinator>, task: TaskId): Promise<void> {
    const { spec: described } = await opened.request('describe', { task });
    const tell = (thrown: unknown, note: (task: TaskId, reason: string) => boolean): void => {
      const error = toMurmurError(thrown);
      if (!note(task, error.message)) return;
      logger.error({ task, code: error.code }, error.message);
      emit({ type: 'error', error: toErrorBody(error) });
    };
    let spec: TaskSpec;
    try {
      spec = parseTaskSpec(described);
    } catch (thrown) {
      tell(thrown, unserved.refuse);
      return;
    }
    try {
      await bench.prepare(task, spec);
      unserved.served(task);
    } catch (thrown) {
      tell(thrown, unserved.postpone);
    }
  }

  return {
    async served(opened) {
      const wanted = (tasksHeardOf(opened) ?? (await askForTasks(opened))).filter(({ status }) => status === 'running');
      for (const { task } of wanted) {
        if (unserved.has(task) ? unserved.worthTrying(task) : !bench.knows(task)) await learn(opened, task);
      }
      // Tasks come and go, this edge stays: what it holds for those that are over is freed.
      bench.keepWarm([...wanted.map(({ task }) => task), ...inHand()]);
      return wanted.flatMap(({ task }) => {
        const examples = unserved.has(task) ? null : bench.examplesOf(task);
        return examples === null ? [] : [{ task, examples, ...labelsFor(task) }];
      });
    },
    learn,
    leave: (task, reason) => void unserved.refuse(task, reason),
    changed() {
      offer = null;
      unserved.tasksChanged();
    },
  };
}
