/** How a simulation shows that it goes on: one line that is written over on a terminal, a line a round for machines. */
import type { RoundLine } from '../../simulations/run/record.ts';
import { formatPercent } from '../../shared/format.ts';
import type { Scenario } from '../../simulations/scenario/scenario.ts';
import type { Output } from '../output.ts';

export interface Progress {
  round(line: RoundLine, rounds: readonly RoundLine[]): void;
  end(): void;
}

/** Between two lines where nobody sees them written over. */
const EVERY_MS = 5000;

export function progressOf(scenario: Scenario, output: Output, stream: NodeJS.WriteStream = process.stderr): Progress {
  let told = performance.now();
  let open = false;
  return {
    round(line, rounds) {
      if (output.json) {
        const { selectedEdges: _, reportedEdges: __, ...rest } = line;
        output.event(rest, '');
        return;
      }
      const text = describeProgress(rounds, { target: scenario.target, rounds: scenario.rounds });
      if (stream.isTTY) {
        stream.write(`\r\u001b[K${text.slice(0, Math.max(20, stream.columns - 1))}`);
        open = true;
      } else if (performance.now() - told >= EVERY_MS) {
        told = performance.now();
        stream.write(`${text}\n`);
      }
    },
    end() {
      if (open) stream.write('\r\u001b[K');
      open = false;
    },
  };
}

function describeProgress(rounds: readonly RoundLine[], { target }: { readonly target: number | null; readonly rounds: number }): string {
  const line = rounds[rounds.length - 1];
  return `Round ${line.round} · ${formatPercent(line.accuracy)}${target === null ? '' : ` (target ${formatPercent(target)})`} · ${(line.wallMs / 1000).toFixed(2)} s a round`;
}
