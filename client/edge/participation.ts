/** One assignment from its offer to its acknowledgement: download, train, report. */
import { sleep } from '../../shared/clock.ts';
import { configOf, findAlgorithm } from '../../shared/algorithms/registry.ts';
import type { EdgeOutcome } from '../../shared/algorithms/algorithm.ts';
import { initialWithoutModel, noTrainer } from '../../shared/algorithms/model-free.ts';
import { trainLossOf } from '../../shared/algorithms/training-fields.ts';
import { isMurmurError, MurmurError, toErrorBody, toMurmurError } from '../../shared/errors.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { Assign, EdgeToCoordinator, ReportReply } from '../../shared/protocol/messages.ts';
import { lengthOf } from '../../shared/protocol/pieces.ts';
import type { EdgeFacts } from '../../shared/evaluation/strata.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import { createRandom } from '../../shared/random.ts';
import { encodeReportPieces } from '../../shared/statistics/report-frame.ts';
import { trainsModel, type TaskSpec } from '../../shared/task/task-spec.ts';
import { createBreather } from '../training/breather.ts';
import { vectorsOf, weightsOf } from './decoded-checkpoints.ts';
import type { EdgeEvent } from './events.ts';
import type { KeptState } from './edge-state-store.ts';
import { evaluateLocally } from './local-evaluation.ts';
import type { OwnModels } from './own-models.ts';
import type { EdgeSessionOptions } from './session-options.ts';
import { settledState } from './settled-state.ts';
import type { TaskBench } from './task-bench.ts';
import { sendReport, type ChunkSizes } from './upload.ts';

/** Before the same request is sent again over a link that stands. */
const RESEND_MS = 500;

interface Worked {
  readonly outcome: EdgeOutcome;
  /** What the edge went on from; null: it began. */
  readonly before: KeptState | null;
}

export interface Participation {
  readonly assign: Assign;
  /** Its report is made, and may have been counted: only an answer tells. */
  readonly awaitsAnswer: boolean;
  /** Resolves when it is over, however it ended; never rejects. */
  readonly done: Promise<void>;
  /** The coordinator no longer wants it. */
  release(reason: string): void;
  /** It was offered again: how long the coordinator still waits. */
  reportWithin(withinMs: number): void;
  /** The owner no longer wants it: tells the coordinator. */
  giveBack(reason: string): Promise<void>;
  /** The session is open again over another link: what waits to be sent goes on there. */
  reconnected(link: Link<EdgeToCoordinator>, sizes: ChunkSizes): void;
}

export interface ParticipationOptions {
  readonly assign: Assign;
  readonly spec: TaskSpec;
  readonly bench: TaskBench;
  readonly session: Pick<EdgeSessionOptions, 'checkpoints' | 'state' | 'logger' | 'clock' | 'randomBytes' | 'capabilities' | 'shareLabels' | 'createBreather'>;
  readonly link: Link<EdgeToCoordinator>;
  readonly sizes: ChunkSizes;
  readonly emit: (event: EdgeEvent) => void;
  /** Told of each version that it works on. */
  readonly own?: Pick<OwnModels, 'given'>;
  /** This edge can take no part in the task any more. */
  readonly onStateLost?: (error: MurmurError) => void;
}

export function createParticipation({ assign, spec, bench, session, emit, ...options }: ParticipationOptions): Participation {
  const { task, round, assignment } = assign;
  const stopper = new AbortController();
  let link = options.link;
  let sizes = options.sizes;
  let onLink: (() => void) | null = null;
  let releasedFor: string | null = null;
  let configured = false;
  let awaitsAnswer = false;
  let cancelDeadline = (): void => undefined;

  async function run(): Promise<void> {
    try {
      await takePart();
    } catch (thrown) {
      if (releasedFor !== null) {
        emit({ type: 'released', task, round, reason: releasedFor });
        return;
      }
      const error = toMurmurError(thrown);
      session.logger.error({ task, round, code: error.code, err: error }, `the assignment failed: ${error.message}`);
      emit({ type: 'error', error: toErrorBody(error) });
      if (error.code === 'state_lost') options.onStateLost?.(error);
      await link.request('withdraw', { assignment, reason: `${error.code}: ${error.message}`.slice(0, 300) }).catch(() => undefined);
    } finally {
      cancelDeadline();
    }
  }

  async function takePart(): Promise<void> {
    const algorithm = findAlgorithm(spec.algorithm.name);
    const config = configOf(spec.algorithm);
    emit({ type: 'downloading', bytes: assign.checkpoint.bytes + (assign.serverState?.bytes ?? 0) });
    const fetch = ({ digest, bytes }: Assign['checkpoint']): Promise<Uint8Array> => session.checkpoints.fetch(digest, bytes, stopper.signal);
    const [bytes, serverState, trainer] = await Promise.all([fetch(assign.checkpoint), assign.serverState ? fetch(assign.serverState) : null, worker()]);
    const base = weightsOf(bytes, trainer.layout);
    options.own?.given(task, { spec, version: assign.version, base, layout: trainer.layout });
    const telling = tellConfigured();
    const breather = trainsModel(spec) ? null : (session.createBreather ?? createBreather)();
    const training = work().finally(() => breather?.close());
    // To its end in any case, since the trainer is the next assignment's; a refusal says more than the abort that it causes.
    let worked: Worked;
    try {
      worked = await training;
    } catch (thrown) {
      await telling;
      throw thrown;
    }
    await telling;
    const { outcome, before } = worked;
    const frame = encodeReportPieces({ assignment, layout: trainer.layout.digest, statistic: outcome.statistic });
    const { nextState } = outcome;
    const next = nextState === undefined ? [] : [{ assignment, state: nextState }];
    // Kept before it can count: whatever happens from here on, the edge has what the server's sum will have of it.
    if (algorithm.needs.edgeStateIsSummed === true) await session.state.save(task, before === null ? next : [...next, before]);
    awaitsAnswer = true;
    emit({ type: 'reporting', task, round, bytes: lengthOf(frame) });
    const reply: ReportReply = await onOpenLink((open) => sendReport(open, assignment, frame, sizes, session.randomBytes));
    if (algorithm.needs.edgeStateIsSummed === true) {
      if (reply.outcome === 'late') await session.state.save(task, before === null ? [] : [before]);
    } else if (next.length > 0 && reply.outcome !== 'late') {
      // Acknowledged: only now does the algorithm's next state take effect.
      await session.state.save(task, next);
    }
    const loss = trainLossOf(outcome.statistic);
    emit({ type: 'reported', task, round, outcome: reply.outcome, loss });

    /** Judges the version where the task asks for it, and trains it. */
    async function work(): Promise<Worked> {
      const random = createRandom(assign.seed);
      const { signal } = stopper;
      const before = algorithm.needs.edgeState ? settledState(await session.state.load(task), assign.counted, algorithm.name) : null;
      const state = before?.state ?? null;
      const own = algorithm.personal?.model({ base, state, config, layout: trainer.layout }) ?? null;
      const evaluation = await evaluateLocally({ spec, base, version: assign.version, own, trainer, signal, seed: random.fork('personal').int(2 ** 31), facts: edgeFacts });
      if (evaluation.found !== null) emit({ type: 'evaluated', task, round, version: assign.version, ...evaluation.found });
      const { statistic, ...rest } = await algorithm.edge({
        config, base, broadcast: assign.broadcast, trainer, random, signal, ...(breather === null ? {} : { data: { ...bench.dataOf(task), breathe: () => breather.breathe() } }),
        ...(serverState ? { serverVectors: vectorsOf(serverState) } : {}),
        state, onProgress: ({ step, steps, loss: mean }) => emit({ type: 'training', task, round, step, steps, loss: mean }),
      });
      return { outcome: { statistic: { ...statistic, fields: { ...statistic.fields, ...evaluation.fields } }, ...rest }, before };
    }
  }

  async function edgeFacts(): Promise<EdgeFacts> {
    return { capabilities: await session.capabilities(), labels: session.shareLabels === true ? bench.labelsOf(task) : null };
  }

  /** Whoever trains, or where nothing is trained, the layout alone. */
  async function worker(): Promise<Trainer> {
    return trainsModel(spec) ? bench.trainer(task) : noTrainer(initialWithoutModel(spec).layout);
  }

  /** The work need not wait for the answer: over a long way that is a tenth of a second in each round. A refusal ends it. */
  function tellConfigured(): Promise<void> {
    const told = onOpenLink((open) => open.request('configured', { assignment })).then(() => {
      configured = true;
    });
    told.catch((thrown: unknown) => stopper.abort(thrown));
    return told;
  }

  /** Tries over the link that is open, and again over the next one, until it is answered or the assignment is over. */
  async function onOpenLink<T>(request: (open: Link<EdgeToCoordinator>) => Promise<T>): Promise<T> {
    for (;;) {
      stopper.signal.throwIfAborted();
      const current = link;
      try {
        if (!current.closed) return await request(current);
      } catch (thrown) {
        if (!isMurmurError(thrown) || !thrown.retryable) throw thrown;
        session.logger.warn({ task, round, code: thrown.code }, `will be sent again: ${thrown.message}`);
        if (!current.closed) await sleep(session.clock, RESEND_MS, stopper.signal);
      }
      if (current.closed && link === current) await nextLink();
    }
  }

  function nextLink(): Promise<void> {
    return new Promise((resolve, reject) => {
      // It may have been stopped while the last request was under way.
      stopper.signal.throwIfAborted();
      const onAbort = (): void => reject(stopper.signal.reason as Error);
      stopper.signal.addEventListener('abort', onAbort, { once: true });
      onLink = () => {
        stopper.signal.removeEventListener('abort', onAbort);
        resolve();
      };
    });
  }

  function release(reason: string): void {
    releasedFor = reason;
    stopper.abort(new MurmurError('aborted', reason));
  }

  /** 0: the coordinator goes by another deadline than the one that it gave, as after a restart, and will say when it is over. */
  function reportWithin(withinMs: number): void {
    cancelDeadline();
    if (withinMs <= 0) return;
    cancelDeadline = session.clock.after(withinMs, () => {
      if (!awaitsAnswer) release('its time to report ran out');
    });
  }

  reportWithin(assign.reportWithinMs);
  const done = run();
  return {
    assign,
    done,
    get awaitsAnswer() {
      return awaitsAnswer;
    },
    release,
    reportWithin,
    async giveBack(reason) {
      releasedFor = reason;
      stopper.abort(new MurmurError('aborted', reason));
      if (!link.closed) await link.request('withdraw', { assignment, reason }, { timeoutMs: 2000 }).catch(() => undefined);
      await done;
    },
    reconnected(next, nextSizes) {
      link = next;
      sizes = nextSizes;
      // A coordinator that died meanwhile may not have kept it; said twice it changes nothing.
      if (configured) next.request('configured', { assignment }).catch(() => undefined);
      onLink?.();
      onLink = null;
    },
  };
}
