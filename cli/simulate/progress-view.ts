/** How a simulation shows that it goes on: one line that is written over on a terminal, a line now and then elsewhere, a line a round for machines. */
import { progressLine, progressOf } from '../../simulations/run/progress.ts';
import type { RoundLine } from '../../simulations/run/record.ts';
import type { AnyScenario } from '../../simulations/scenario/gossip-scenario.ts';
import type { Output } from '../output.ts';

export interface ProgressView {
  round(line: RoundLine, rounds: readonly RoundLine[]): void;
  /** Leaves a clean line behind. */
  end(): void;
}

/** Between two lines where nobody sees them written over. */
const EVERY_MS = 10_000;
const CLEAR = '\r\u001b[K';

export function createProgressView(scenario: Pick<AnyScenario, 'target' | 'rounds'>, output: Output, stream: NodeJS.WriteStream = process.stderr): ProgressView {
  let told = performance.now();
  let open = false;
  return {
    round(line, rounds) {
      if (output.json) {
        const { selectedEdges: _selected, reportedEdges: _reported, ...rest } = line;
        output.event(rest, '');
        return;
      }
      if (!stream.isTTY && performance.now() - told < EVERY_MS) return;
      told = performance.now();
      const text = progressLine(progressOf(scenario, rounds, { maxRounds: scenario.rounds }));
      stream.write(stream.isTTY ? `${CLEAR}${text.slice(0, Math.max(20, stream.columns - 1))}` : `${text}\n`);
      open = stream.isTTY;
    },
    end() {
      if (open) stream.write(CLEAR);
      open = false;
    },
  };
}
