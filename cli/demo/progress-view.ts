/** Shows the demo's progress: a live picture on a terminal, lines elsewhere, JSON for machines. */
import type { LiveRound, LiveState } from '../../shared/protocol/live-view.ts';
import type { Output } from '../output.ts';
import { createLivePicture } from './live-picture.ts';
import { describeRound } from './plain-view.ts';
import { renderScreen } from './screen.ts';
import { canDraw, createTerminal, hasColour, type Terminal } from './terminal.ts';
import { leftOf, viewModelOf } from './view-model.ts';

export interface ProgressView {
  /** A line for good, or an event for machines. */
  note(text: string, event: object): void;
  /** Rounds that ended before this start. */
  seed(rounds: readonly LiveRound[]): void;
  state(state: LiveState): void;
  /** Rounds that ended now. */
  rounds(rounds: readonly LiveRound[]): void;
  /** Leaves the last picture standing. */
  close(): void;
}

export interface ProgressOptions {
  readonly url: string;
  readonly taskName: string;
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
  readonly stream?: NodeJS.WriteStream;
  readonly env?: NodeJS.ProcessEnv;
}

export function createProgressView(output: Output, options: ProgressOptions): ProgressView {
  const { stream = process.stdout, env = process.env } = options;
  return !output.json && canDraw(stream, env) ? createDrawnView(createTerminal(stream), hasColour(stream, env), options) : createLineView(output, options);
}

function createDrawnView(terminal: Terminal, colour: boolean, { url, taskName, startedAt }: ProgressOptions): ProgressView {
  let past: readonly LiveRound[] = [];
  let latest: LiveState | null = null;
  let receivedAt = 0;
  const picture = createLivePicture(terminal, colour, (style, room) => {
    if (latest === null) return null;
    const now = performance.now();
    // The coordinator's time goes on between two states, though it tells nothing new.
    const state = { ...latest, now: latest.now + (now - receivedAt) };
    const view = viewModelOf({ url, taskName, state, rounds: past, elapsedMs: now - startedAt });
    return view === null ? null : renderScreen(view, style, room);
  });
  return {
    note: (text) => picture.note(text),
    seed(rounds) {
      past = rounds;
    },
    state(state) {
      latest = state;
      receivedAt = performance.now();
      picture.draw();
    },
    rounds(rounds) {
      past = [...past, ...rounds];
      picture.draw();
    },
    close: () => picture.close(),
  };
}

function createLineView(output: Output, { taskName }: ProgressOptions): ProgressView {
  let past: readonly LiveRound[] = [];
  let latest: LiveState | null = null;
  return {
    note: (text, event) => output.event(event, text),
    seed(rounds) {
      past = rounds;
    },
    state(state) {
      latest = state;
    },
    rounds(rounds) {
      past = [...past, ...rounds];
      const task = latest?.tasks.find((candidate) => candidate.task === taskName);
      for (const round of rounds) {
        const ends = task !== undefined && round.accuracy !== null && task.targetAccuracy !== null && round.accuracy >= task.targetAccuracy;
        const left = task === undefined || ends ? null : leftOf({ ...task, round: round.round + 1 }, past, round.endedAt);
        output.event({ event: 'round', ...round, leftSeconds: left === null ? null : Math.round(left / 1000) }, describeRound(round, left));
      }
    },
    close: () => undefined,
  };
}
